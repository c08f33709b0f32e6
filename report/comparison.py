"""A variant against the control in one metric, as the sentences and charts need it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Interval:
    """Bounds of a relative lift (0.1 = 10 %)."""

    lower: float
    upper: float

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
        """Interval that holds on every day one looks, as a share of the control's mean."""
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

    The marts have it on the absolute scale. Divided by the control's mean it excludes zero exactly
    when the absolute one does; the chance in the control's mean itself is not in it.

    Args:
        row: with sequential_lower, sequential_upper and control_mean.
    """
    mean = row["control_mean"]
    found = bounds(row["sequential_lower"], row["sequential_upper"])
    if found is None or not mean:
        return None
    lower, upper = sorted((found.lower / mean, found.upper / mean))
    return Interval(lower, upper)
