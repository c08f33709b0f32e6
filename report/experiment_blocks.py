"""The charts of one experiment, from the rows of the marts that are its."""

from __future__ import annotations

import datetime as dt
from typing import Any

from .blocks import Block, Column

Row = dict[str, Any]

# A line needs no more points; of longer experiments every second (third, ...) day is drawn.
MOST_DAYS = 45

LIFT_COLUMNS = [
    Column("users", "users", "count"),
    Column("in the control", "control_users", "count"),
    Column("lift", "lift", "percent"),
    Column("interval", "lower upper", "interval"),
]
PHASES = {
    "first_session": "first session",
    "later_sessions": "later sessions",
    "0": "day 0",
    "1": "day 1",
    "2-6": "days 2-6",
    "7-13": "days 7-13",
    "14-27": "days 14-27",
    "28+": "day 28 and later",
}
FEW_USERS = "few users"
FEW_USERS_NOTE = (
    f' Of a group marked "{FEW_USERS}" nothing may be concluded, neither an effect nor that there '
    "is none: an arm in it is smaller than the setting min_users_per_variant."
)


def lift_fields(row: Row) -> Row:
    """Lift and intervals of a row of any mart that has them, on the relative scale.

    Args:
        row: with the columns of report.marts.LIFT.
    """
    has_interval = row["relative_lift_lower"] is not None
    return {
        # A point without an interval would look like a result.
        "lift": row["relative_lift"] if has_interval else None,
        "lower": row["relative_lift_lower"],
        "upper": row["relative_lift_upper"],
        "anytime_lower": row["sequential_relative_lower"],
        "anytime_upper": row["sequential_relative_upper"],
        "users": row["users"],
        "control_users": row["control_users"],
    }


def forest(rows: list[Row], metrics: list[str], is_trusted: bool) -> Block | None:
    """All metrics of each variant, with the three intervals.

    Args:
        rows: of experiment_results, both estimators, without the control's.
        metrics: in the order to show them.
        is_trusted: whether no check of the experiment failed.
    """
    adjusted = {(row["metric"], row["variant"]): row for row in rows if row["estimator"] == "cuped"}
    shown = []
    ordinary = [row for row in rows if row["estimator"] == "unadjusted"]
    for row in in_order(sorted(ordinary, key=lambda row: row["variant"]), metrics):
        cuped = adjusted.get((row["metric"], row["variant"]))
        helps = cuped is not None and (cuped["variance_reduction"] or 0) > 0
        shown.append(
            {
                "metric": row["metric"],
                "variant": row["variant"],
                **lift_fields(row),
                "adjusted_lift": cuped["relative_lift"] if helps else None,
                "adjusted_lower": cuped["relative_lift_lower"] if helps else None,
                "adjusted_upper": cuped["relative_lift_upper"] if helps else None,
                "mean": row["mean"],
                "control_mean": row["control_mean"],
                "p": row["p_value"],
                "holm": row["p_value_holm"],
                "verdict": row["verdict"],
            }
        )
    if not shown:
        return None
    clear = [
        row
        for row in shown
        if row["anytime_lower"] is not None
        and (row["anytime_lower"] > 0 or row["anytime_upper"] < 0)
    ]
    if not is_trusted:
        caption = "Nothing can be read from these lifts: a check of the experiment failed."
    elif clear:
        caption = (
            f"{len(clear)} of {len(shown)} comparisons differ from the control even when one looks "
            "every day."
        )
    else:
        caption = "No comparison differs from the control when one may look every day."
    return Block(
        "forest",
        caption,
        shown,
        [
            Column("metric", "metric"),
            Column("variant", "variant"),
            *LIFT_COLUMNS[:2],
            Column("mean", "mean", "amount"),
            Column("control's mean", "control_mean", "amount"),
            *LIFT_COLUMNS[2:],
            Column("CUPED", "adjusted_lower adjusted_upper", "interval"),
            Column("sequential", "anytime_lower anytime_upper", "interval"),
            Column("p", "p", "p"),
            Column("p, Holm", "holm", "p"),
            Column("verdict", "verdict"),
        ],
        "Relative to the control. An interval that does not touch 0 is a difference."
        if is_trusted
        else "",
        split="variant",
        legend="intervals",
        scale="lift",
    )


def over_time(rows: list[Row], metrics: list[str]) -> Block | None:
    """The lift of each variant as it would have been seen on each day.

    Args:
        rows: of experiment_results_daily, without the control's.
        metrics: in the order to offer them.
    """
    days = sorted({day(row["date"]) for row in rows})
    step = -(-len(days) // MOST_DAYS) if days else 1
    kept = set(days[::-1][::step])
    shown = [
        {
            "metric": row["metric"],
            "variant": row["variant"],
            "date": day(row["date"]),
            **lift_fields(row),
        }
        for row in in_order(
            sorted(rows, key=lambda row: (row["variant"], day(row["date"]))), metrics
        )
        if day(row["date"]) in kept and row["relative_lift"] is not None
    ]
    if not shown:
        return None
    return Block(
        "over_time",
        "What one would have seen on each day, all users up to it together.",
        shown,
        [
            Column("day", "date"),
            Column("variant", "variant"),
            *LIFT_COLUMNS,
            Column("sequential", "anytime_lower anytime_upper", "interval"),
        ],
        "The dark band holds at the end only; the pale one on every day. A curve that wanders "
        "inside the pale band is chance."
        + (f" Every {ordinal(step)} day is drawn." if step > 1 else ""),
        choices={"Metric": "metric"},
        split="variant",
        legend="bands",
        scale="lift",
    )


def retention(rows: list[Row], variants: list[str]) -> Block | None:
    """Who came back, by day.

    Args:
        rows: of experiment_retention.
        variants: the control first.
    """
    names = {"bounded": "active on the day", "unbounded": "active on the day or later"}
    shown = [
        {
            "kind": names.get(row["retention_type"], row["retention_type"]),
            "variant": row["variant"],
            "slot": slot(row["variant"], variants),
            "day": row["day"],
            "rate": row["retention_rate"],
            "lower": row["lower"],
            "upper": row["upper"],
            "users": row["eligible_users"],
            "p": row["p_value"],
        }
        # The chart opens on the first kind, so it is the same one for every experiment.
        for row in sorted(
            rows,
            key=lambda row: (row["retention_type"], slot(row["variant"], variants), row["day"]),
        )
        if row["retention_rate"] is not None and row["variant"] in variants
    ]
    # Nearly everybody is active on the day of the assignment, by being assigned.
    shown = [row for row in shown if row["day"] > 0]
    if not shown:
        return None
    return Block(
        "retention",
        "Share of the users who came back, by days since their assignment.",
        shown,
        [
            Column("day", "day", "count"),
            Column("variant", "variant"),
            Column("users old enough", "users", "count"),
            Column("came back", "rate", "share"),
            Column("interval", "lower upper", "shares"),
            Column("p", "p", "p"),
        ],
        "Only users who are old enough for the day count; bands that overlap widely are no "
        "difference. 28 days looked at one by one show chance differences, too.",
        choices={"Counted": "kind"},
        legend=variants,
    )


def funnel(rows: list[Row], variants: list[str]) -> Block | None:
    """How many users reached each step.

    Args:
        rows: of experiment_funnel.
        variants: the control first.
    """
    shown = [
        {
            "funnel": row["funnel"],
            "step": row["step"],
            "variant": row["variant"],
            "slot": slot(row["variant"], variants),
            "users": row["users"],
            "rate": row["rate_from_start"],
            "previous": row["rate_from_previous"],
            "p": row["p_value"],
        }
        for row in sorted(
            rows, key=lambda row: (row["step_number"], slot(row["variant"], variants))
        )
        if row["variant"] in variants and row["rate_from_start"] is not None
    ]
    if not shown:
        return None
    return Block(
        "funnel",
        "Share of the assigned users who reached each step.",
        shown,
        [
            Column("step", "step"),
            Column("variant", "variant"),
            Column("users", "users", "count"),
            Column("of all", "rate", "share"),
            Column("of the step before", "previous", "share"),
            Column("p against the control", "p", "p"),
        ],
        "The p-values are of single steps, uncorrected.",
        choices={"Funnel": "funnel"},
        legend=variants,
    )


def _group(value: str | None, is_small: bool | None) -> str:
    """What a group is called; one with few users says so in charts and tables alike."""
    return ("unknown" if value is None else value) + (f" ({FEW_USERS})" if is_small else "")


def by_dimension(rows: list[Row], metrics: list[str]) -> Block | None:
    """The lift within each value of a dimension.

    Args:
        rows: of experiment_results_by_dimension, without the control's.
        metrics: in the order to offer them.
    """
    ordered = sorted(rows, key=lambda row: (row["dimension"], row["variant"], -(row["users"] or 0)))
    return _split_lifts(
        [
            row | {"label": _group(row["dimension_value"], row["is_small_cell"])}
            for row in in_order(ordered, metrics)
        ],
        "Does the effect differ between groups of users?",
        "A group that looks different is a hint for a next experiment, not a finding: with many "
        "groups some differ by chance. Compare where the intervals lie, not "
        "whether each touches 0."
        + (FEW_USERS_NOTE if any(row["is_small_cell"] for row in rows) else ""),
        {"Metric": "metric", "By": "dimension"},
        Column("group", "label"),
    )


def by_age(rows: list[Row], metrics: list[str]) -> Block | None:
    """The lift by time since the assignment.

    Args:
        rows: of experiment_effect_by_age, without the control's.
        metrics: in the order to offer them.
    """
    phases = list(PHASES)
    ordered = sorted(
        rows,
        key=lambda row: (
            row["variant"],
            phases.index(row["phase"]) if row["phase"] in phases else len(phases),
        ),
    )
    return _split_lifts(
        [
            row
            | {
                "label": PHASES.get(row["phase"], row["phase"])
                + ("" if row["relative_lift_status"] == "ok" else " (too few events)")
            }
            for row in in_order(ordered, metrics)
        ],
        "Does the effect last past the first session and the first days?",
        "An effect that is there in the first days only may be the charm of the new. Later phases "
        "have fewer users, so their intervals are longer.",
        {"Metric": "metric"},
        Column("phase", "label"),
    )


def _split_lifts(
    rows: list[Row], caption: str, note: str, choices: dict[str, str], label: Column
) -> Block | None:
    """Labelled lifts with a chart per variant."""
    shown = [
        {
            **{name: row[name] for name in choices.values()},
            "variant": row["variant"],
            "label": row["label"],
            **{name: value for name, value in lift_fields(row).items() if "anytime" not in name},
            "p": row["p_value"],
        }
        for row in rows
    ]
    if not any(row["lift"] is not None for row in shown):
        return None
    return Block(
        "intervals",
        caption,
        shown,
        [label, Column("variant", "variant"), *LIFT_COLUMNS, Column("p", "p", "p")],
        note,
        choices=choices,
        split="variant",
        legend="ordinary",
        scale="lift",
    )


def in_order(rows: list[Row], metrics: list[str]) -> list[Row]:
    """Rows by metric, in the given order of metrics; otherwise as they are."""
    places = {metric: place for place, metric in enumerate(metrics)}
    return sorted(rows, key=lambda row: places.get(row["metric"], len(places)))


def slot(variant: str, variants: list[str]) -> int:
    """Place of a variant among the eight colours and dashes; 0 is the control."""
    place = variants.index(variant) if variant in variants else len(variants)
    return place if place < 8 else 1 + (place - 1) % 7


def day(value: Any) -> str:
    """A date or time as YYYY-MM-DD."""
    return value.strftime("%Y-%m-%d") if isinstance(value, dt.date) else str(value)[:10]


def ordinal(number: int) -> str:
    """`second`, `third`, `4th`."""
    return {2: "second", 3: "third"}.get(number, f"{number}th")
