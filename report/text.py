"""Numbers as people read them."""

from __future__ import annotations


def percent(value: float | None, digits: int = 1) -> str:
    """A relative lift (0.1 = 10 %) as signed per cent, `-` where there is none."""
    return "-" if value is None else f"{value:+,.{digits}%}"


def share(value: float | None) -> str:
    """A share (0.1 = 10 %) as per cent, `-` where there is none."""
    if value is None:
        return "-"
    return f"{value:.2%}" if 0 < value < 0.01 else f"{value:.1%}"


def level(value: float) -> str:
    """A confidence level or power as per cent: 95%, 99.9%."""
    return f"{value * 100:.10g}%"


def interval(lower: float | None, upper: float | None) -> str:
    """An interval of relative lifts in per cent; without bounds it is open."""
    if lower is None or upper is None:
        return "unbounded"
    return f"{percent(lower)} .. {percent(upper)}"


def probability(value: float | None) -> str:
    """A p-value to four digits."""
    if value is None:
        return "-"
    return "< 0.0001" if value < 0.0001 else f"{value:.4f}"


def amount(value: float | None, signed: bool = False) -> str:
    """A mean or sum to three or more significant digits, `-` where there is none."""
    if value is None:
        return "-"
    digits = 0 if abs(value) >= 1000 else 2 if abs(value) >= 1 else 4
    return f"{value:{'+' if signed else ''},.{digits}f}"


def count(value: int | float | None) -> str:
    """A number of users, `-` where there is none."""
    return "-" if value is None else f"{value:,.0f}"


def masked(text: str) -> str:
    """The beginning of a text that may be the id of a person.

    Args:
        text: an example of a finding.

    Returns:
        Its first three characters and an ellipsis; shorter texts as a whole.
    """
    return text if len(text) <= 3 else text[:3] + "…"


def listed(parts: list[str]) -> str:
    """`a, b and c`."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
