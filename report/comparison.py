"""A variant against the control in one metric, as the sentences and charts need it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Interval:
    """Bounds of a lift; of a relative one 0.1 is 10 %."""

    lower: float
    upper: float

    @property
    def width(self) -> float:
        """Distance of the bounds."""
        return self.upper - self.lower

    @property
    def excludes_zero(self) -> bool:
        """Whether no lift at all is outside."""
        return self.lower > 0 or self.upper < 0


@dataclass(frozen=True)
class Comparison:
    """A row of experiment_results that is no control's.

    Attributes:
        row: the row, by column.
        is_increase_good: which way the metric should go.
        minimum_effect: relative effect of the metric that should not be missed.
        comparisons: with how many others the experiment was looked at, this one included.
    """

    row: dict[str, Any]
    is_increase_good: bool
    minimum_effect: float
    comparisons: int

    @property
    def metric(self) -> str:
        """Name of the metric."""
        return self.row["metric"]

    @property
    def variant(self) -> str:
        """Name of the variant."""
        return self.row["variant"]

    @property
    def verdict(self) -> str | None:
        """The mart's verdict."""
        return self.row["verdict"]

    @property
    def lift(self) -> float | None:
        """Relative lift."""
        return self.row["relative_lift"]

    @property
    def interval(self) -> Interval | None:
        """Interval of the relative lift that holds when looked at once, at the end."""
        return bounds(self.row["relative_lift_lower"], self.row["relative_lift_upper"])

    @property
    def sequential(self) -> Interval | None:
        """Interval that holds on every day one looks."""
        return sequential_interval(self.row)

    @property
    def is_good(self) -> bool:
        """Whether the lift goes the way the metric should."""
        lift = self.row["absolute_lift"] or 0
        return lift != 0 and (lift > 0) == self.is_increase_good


def bounds(lower: float | None, upper: float | None) -> Interval | None:
    """An interval, or None where a bound is missing."""
    return None if lower is None or upper is None else Interval(lower, upper)


def sequential_interval(row: dict[str, Any]) -> Interval | None:
    """The sequential interval of a row, on the relative scale.

    The marts have it on the absolute scale only. It is Fieller's interval (J. R. Stat. Soc. B
    1954), as the ordinary one, with the wider critical value: the ratios r for which 0 is within
    the sequential interval of m_T - r m_C. With w = (critical value)^2 variance / users, the
    ordinary bounds 1 + L and 1 + U are the roots of
    (m_C^2 - w_C) r^2 - 2 m_C m_T r + m_T^2 - w_T, which gives both w; the sequential ones are
    larger by the square of the ratio of the absolute widths. It excludes zero exactly when the
    absolute interval does.

    Args:
        row: with the columns of report.marts.LIFT; all of them unadjusted.

    Returns:
        None where a column is null, or where the interval has no end.
    """
    ordinary = bounds(row["relative_lift_lower"], row["relative_lift_upper"])
    absolute = bounds(row["absolute_lift_lower"], row["absolute_lift_upper"])
    sequential = bounds(row["sequential_lower"], row["sequential_upper"])
    if not (ordinary and absolute and sequential) or absolute.width <= 0:
        return None
    mean, control = row["mean"], row["control_mean"]
    lower, upper = 1 + ordinary.lower, 1 + ordinary.upper
    product = mean * control
    # Roots whose sum is 0 say nothing of A; the mean of the variant is 0 then.
    if abs(product) < 1e-12 * control**2 or abs(lower + upper) < 1e-12:
        return None
    ordinary_a = 2 * product / (lower + upper)
    wider = (sequential.width / absolute.width) ** 2
    a = control**2 - wider * (control**2 - ordinary_a)
    d = mean**2 - wider * (mean**2 - ordinary_a * lower * upper)
    root = product**2 - a * d
    if a <= 0 or root < 0:
        return None
    return Interval((product - root**0.5) / a - 1, (product + root**0.5) / a - 1)
