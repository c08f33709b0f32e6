"""What may and what may not be concluded, in plain sentences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .comparison import Comparison
from .text import count, interval, level, percent, probability


@dataclass(frozen=True)
class Settings:
    """Settings the sentences speak of.

    Attributes:
        confidence_level: of the intervals.
        power: with which an effect should be found.
    """

    confidence_level: float
    power: float


@dataclass(frozen=True)
class Conclusion:
    """What to read from a comparison.

    Attributes:
        label: two or three words.
        tone: `good`, `bad`, `stop`, `open` or `none`; style and symbol go by it.
        finding: what was seen.
        may: what may be concluded.
        may_not: what may not.
    """

    label: str
    tone: str
    finding: str
    may: str
    may_not: str


# From what needs attention most to what needs it least; the overview sorts by it.
TONES = ("stop", "good", "bad", "open", "none")


def no_conclusion(experiment: dict[str, Any]) -> Conclusion:
    """The conclusion of an experiment without any comparison."""
    if experiment["status"] == "planned":
        finding = "The experiment has not begun."
    elif not experiment["users"]:
        finding = "Nobody has been assigned."
    else:
        finding = "There is no variant to compare with the control in this metric."
    return Conclusion("no result", "none", finding, "Nothing yet.", "That anything is known.")


def conclude(
    comparison: Comparison, status: str, failures: list[str], settings: Settings
) -> Conclusion:
    """Say what a comparison means.

    Args:
        comparison: variant against control.
        status: of the experiment: planned, running, concluded.
        failures: details of the checks of experiment_health that failed.
        settings: of the project.
    """
    if comparison.verdict == "do not trust":
        return _distrust(comparison, failures)
    if comparison.lift is None:
        return Conclusion(
            "no result",
            "none",
            f"There is no lift of {comparison.metric} for {comparison.variant}: the control's mean "
            "is zero, or nobody counts yet.",
            "Nothing yet.",
            "That the variants are the same.",
        )
    if status != "concluded":
        return _running(comparison, settings)
    if comparison.verdict in ("win", "loss"):
        return _significant(comparison, settings)
    if comparison.verdict == "inconclusive":
        return _inconclusive(comparison, settings)
    return _underpowered(comparison, settings)


def _seen(comparison: Comparison, settings: Settings) -> str:
    """What was measured, with its interval."""
    found = comparison.interval
    bounds = (
        f"{level(settings.confidence_level)} interval {interval(found.lower, found.upper)}"
        if found
        else "the interval has no end, for the control's mean is not separated from zero"
    )
    return (
        f"{comparison.metric} of {comparison.variant} is {percent(comparison.lift)} against "
        f"{comparison.row['control_variant']} ({bounds}; p {_p(comparison.row['p_value'])})."
    )


def _p(value: float | None) -> str:
    """A p-value with its sign of comparison."""
    text = probability(value)
    return text if text.startswith("<") else f"= {text}"


def _against(comparison: Comparison, is_good: bool) -> str:
    """`better than control` or `worse than control`, and in what."""
    word = "better" if is_good else "worse"
    return f"{word} than {comparison.row['control_variant']} in {comparison.metric}"


def _distrust(comparison: Comparison, failures: list[str]) -> Conclusion:
    reasons = "; ".join(failures) or "a check of the experiment failed"
    return Conclusion(
        "do not trust",
        "stop",
        f"Do not trust {comparison.variant}'s numbers, because: {reasons}.",
        "That the assignment or the tracking is broken, and has to be mended before a new start.",
        f"Anything about {comparison.metric}, however large or certain the lift of "
        f"{percent(comparison.lift)} looks.",
    )


def _running(comparison: Comparison, settings: Settings) -> Conclusion:
    sequential = comparison.sequential
    if sequential is None:
        return Conclusion(
            "too early",
            "open",
            f"The experiment is still running, and the sequential interval for "
            f"{comparison.metric} has no end yet.",
            "Nothing yet.",
            f"That {comparison.variant} is better or worse: the ordinary interval and p-value hold "
            "at the end only.",
        )
    bounds = interval(sequential.lower, sequential.upper)
    seen = (
        f"The experiment is still running: read only the sequential interval, which for "
        f"{comparison.variant} in {comparison.metric} is {bounds} "
        f"(so far {percent(comparison.lift)})"
    )
    if comparison.verdict in ("win", "loss"):
        good = comparison.verdict == "win"
        return Conclusion(
            "win, at any look" if good else "loss, at any look",
            "good" if good else "bad",
            f"{seen}; it excludes zero.",
            f"That {comparison.variant} is {_against(comparison, good)}, although the end has not "
            f"come: this interval holds at {level(settings.confidence_level)} however often one "
            "looks.",
            f"That the lift will stay at {percent(comparison.lift)}. One that stops early, because "
            "it looks good, tends to overstate it.",
        )
    return Conclusion(
        "too early",
        "open",
        f"{seen}; it includes zero.",
        f"That the effect is probably not outside {bounds}.",
        f"That {comparison.variant} has won or lost"
        + (
            f", although p {_p(comparison.row['p_value'])}: looked at again and again, an ordinary "
            "p-value falls below any limit by chance."
            if comparison.verdict_at_end in ("win", "loss")
            else ": the experiment has not ended."
        ),
    )


def _significant(comparison: Comparison, settings: Settings) -> Conclusion:
    is_win = comparison.verdict == "win"
    holm = comparison.row["p_value_holm"]
    if comparison.comparisons < 2 or holm is None:
        limit = ""
    elif holm < 1 - settings.confidence_level:
        limit = (
            f" It also holds after counting all {comparison.comparisons} comparisons of the "
            f"experiment (Holm, p {_p(holm)})."
        )
    else:
        limit = (
            f" It does not hold after counting all {comparison.comparisons} comparisons of the "
            f"experiment (Holm, p {_p(holm)}): count on it only if this metric was named before "
            "the start."
        )
    found = comparison.interval
    size = (
        f"any lift from {percent(found.lower)} to {percent(found.upper)} fits the data"
        if found
        else "how large it is, the data do not say"
    )
    return Conclusion(
        "win" if is_win else "loss",
        "good" if is_win else "bad",
        _seen(comparison, settings),
        f"That {comparison.variant} is {_against(comparison, is_win)}.{limit}",
        f"That the lift is {percent(comparison.lift)}: {size}.",
    )


def _inconclusive(comparison: Comparison, settings: Settings) -> Conclusion:
    effect = percent(comparison.minimum_effect).lstrip("+")
    return Conclusion(
        "inconclusive",
        "open",
        f"{_seen(comparison, settings)} No difference was found.",
        f"That an effect of {effect} or more, the smallest that matters for {comparison.metric}, "
        f"would probably ({level(settings.power)}) have been found.",
        "That there is no effect at all: a smaller one can be there.",
    )


def _underpowered(comparison: Comparison, settings: Settings) -> Conclusion:
    required = comparison.row["required_users"]
    users = min(comparison.row["users"] or 0, comparison.row["control_users"] or 0)
    effect = percent(comparison.minimum_effect).lstrip("+")
    found = comparison.interval
    return Conclusion(
        "not yet powered",
        "open",
        f"{_seen(comparison, settings)} No difference was found, and there were too few users to "
        "find a small one.",
        f"That the effect is probably between {percent(found.lower)} and {percent(found.upper)}."
        if found
        else "Nothing about the size of the effect.",
        "That the variants are the same."
        + (
            f" To find an effect of {effect} it takes about {count(required)} users per variant; "
            f"there are {count(users)}."
            if required
            else ""
        ),
    )
