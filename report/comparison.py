"""A variant against the control in one metric, as the sentences and charts need it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Interval:
    """Bounds of a lift; of a relative one 0.1 is 10 %."""

    lower: float
    upper: float


@dataclass(frozen=True)
class Comparison:
    """A row of experiment_results that is no control's.

    Attributes:
        row: the row, by column.
        minimum_effect: relative effect of the metric that should not be missed.
        comparisons: with how many others the experiment was looked at, this one included.
    """

    row: dict[str, Any]
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
        """What may be concluded now, as the mart says."""
        return self.row["verdict"]

    @property
    def verdict_at_end(self) -> str | None:
        """What one would conclude if the experiment ended today, as the mart says."""
        return self.row["verdict_at_end"]

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
        return bounds(self.row["sequential_relative_lower"], self.row["sequential_relative_upper"])


def bounds(lower: float | None, upper: float | None) -> Interval | None:
    """An interval, or None where a bound is missing."""
    return None if lower is None or upper is None else Interval(lower, upper)
