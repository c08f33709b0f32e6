"""The charts over all experiments together."""

from __future__ import annotations

from typing import Any

from .blocks import Block, Column
from .text import probability

Row = dict[str, Any]

# More rows and columns than this are no picture any more; the pairs with the smallest p stay.
MOST_EXPERIMENTS = 20
# The table below a chart keeps this many rows.
MOST_ROWS = 200

SYMBOLS = {"clear": "✕", "hint": "?", "none": "·"}


def interactions(rows: list[Row], alpha: float, metrics: list[str]) -> Block | None:
    """Pairs of experiments that share users, as a matrix.

    Args:
        rows: of experiment_interactions.
        alpha: p-value below which a pair interacts.
        metrics: in the order to offer them.

    Returns:
        One cell per pair and metric, of its variants the one with the smallest p-value; None
        without pairs.
    """
    strongest: dict[tuple[str, str, str], Row] = {}
    for row in sorted(rows, key=_corrected):
        strongest.setdefault((row["metric"], row["experiment_a"], row["experiment_b"]), row)
    pairs = sorted(strongest.values(), key=_corrected)
    shown_ids: list[str] = []
    for row in pairs:
        for experiment in (row["experiment_a"], row["experiment_b"]):
            if experiment not in shown_ids and len(shown_ids) < MOST_EXPERIMENTS:
                shown_ids.append(experiment)
    shown_ids.sort()
    numbers = {experiment: str(place + 1) for place, experiment in enumerate(shown_ids)}
    cells = []
    for metric in dict.fromkeys([*metrics, *(row["metric"] for row in pairs)]):
        for row in pairs:
            a, b = row["experiment_a"], row["experiment_b"]
            if row["metric"] != metric or a not in numbers or b not in numbers:
                continue
            level = _level(row, alpha)
            first, second = sorted((a, b), key=lambda name: int(numbers[name]))
            cells.append(
                {
                    "metric": metric,
                    "a": numbers[first],
                    "b": numbers[second],
                    "pair": f"{first} × {second}",
                    "level": level,
                    "symbol": SYMBOLS[level],
                    "shared": row["shared_users"],
                    "effect": row["interaction_effect"],
                    "p": row["p_value_bh"],
                    "p_text": probability(row["p_value_bh"]),
                    "dependence": row["dependence_p_value"],
                }
            )
    if not cells:
        return None
    # The metric in which there is something to see is the one that is shown first.
    found = {cell["metric"] for cell in cells if cell["level"] == "clear"}
    cells.sort(
        key=lambda cell: (
            cell["metric"] not in found,
            metrics_place(cell, metrics),
            int(cell["a"]),
            int(cell["b"]),
        )
    )
    clear = sorted(
        {f"{cell['pair']} ({cell['metric']})" for cell in cells if cell["level"] == "clear"}
    )
    hidden = len({row["experiment_a"] for row in pairs} | {row["experiment_b"] for row in pairs})
    hidden -= len(shown_ids)
    return Block(
        "matrix",
        f"{len(clear)} pairs of experiments change each other's effect: {'; '.join(clear[:5])}."
        if len(clear) > 1
        else f"One pair of experiments changes each other's effect: {clear[0]}."
        if clear
        else "No pair of experiments was found to change each other's effect.",
        cells,
        [
            Column("row", "a"),
            Column("column", "b"),
            Column("pair", "pair"),
            Column("shared users", "shared", "count"),
            Column("interaction", "effect", "amount"),
            Column("p, corrected", "p", "p"),
            Column("p of dependent assignment", "dependence", "p"),
        ],
        "✕ the effect of one depends on the variant of the other; ? a hint (significant before "
        "counting all pairs); · nothing found, which is no proof where few users are shared. The "
        "numbers are named in the table."
        + (
            f" {hidden} more experiments, with larger p-values, are not drawn."
            if hidden > 0
            else ""
        ),
        choices={"Metric": "metric"},
    )


def metrics_place(row: Row, metrics: list[str]) -> int:
    """Where the metric of a row stands in a list of metrics; after all when it does not."""
    return metrics.index(row["metric"]) if row["metric"] in metrics else len(metrics)


def _corrected(row: Row) -> float:
    return 1.0 if row["p_value_bh"] is None else row["p_value_bh"]


def _level(row: Row, alpha: float) -> str:
    if row["p_value_bh"] is not None and row["p_value_bh"] < alpha:
        return "clear"
    if row["p_value"] is not None and row["p_value"] < alpha:
        return "hint"
    return "none"


def marginal_effects(rows: list[Row], metrics: list[str]) -> Block | None:
    """What each variant adds beside all the others, ranked.

    Args:
        rows: of experiment_marginal_effects.
        metrics: in the order to offer them.
    """
    ranked = sorted(
        (row for row in rows if row["marginal_effect"] is not None),
        key=lambda row: (metrics_place(row, metrics), row["effect_rank"] or len(rows)),
    )
    shown: list[Row] = []
    of_metric: dict[str, int] = {}
    for row in ranked:
        place = of_metric[row["metric"]] = of_metric.get(row["metric"], 0) + 1
        if place > MOST_EXPERIMENTS:
            continue
        shown.append(
            {
                "metric": row["metric"],
                "label": f"{place}. {row['experiment_id']} · {row['variant']}",
                "experiment": row["experiment_id"],
                "variant": row["variant"],
                "users": row["users"],
                "lift": row["marginal_effect"],
                "lower": row["lower"],
                "upper": row["upper"],
                "p": row["p_value"],
                "total": row["incremental_total"],
            }
        )
    if not shown:
        return None
    more = max(of_metric.values()) - MOST_EXPERIMENTS
    return Block(
        "amounts",
        "What each variant adds per user, all experiments in one regression.",
        shown,
        [
            Column("experiment", "experiment"),
            Column("variant", "variant"),
            Column("users", "users", "count"),
            Column("effect per user", "lift", "signed"),
            Column("interval", "lower upper", "amounts"),
            Column("p", "p", "p"),
            Column("all its users together", "total", "signed"),
        ],
        "In units of the metric. Users of several experiments count in each, their effects are "
        "told apart. The first places of a long ranking are partly luck."
        + (f" The first {MOST_EXPERIMENTS} of each metric are shown." if more > 0 else ""),
        choices={"Metric": "metric"},
        legend="ordinary",
        scale="lift",
    )


def attribution(rows: list[Row], metrics: list[str]) -> Block | None:
    """Conversions given to the variants that users saw before them, as a table.

    Args:
        rows: of experiment_attribution.
        metrics: in the order to offer them.
    """
    shown = [
        {
            "metric": row["metric"],
            "model": row["attribution_model"].replace("_", " "),
            "experiment": row["experiment_id"],
            "variant": row["variant"],
            "conversions": row["attributed_conversions"],
            "value": row["attributed_value"],
        }
        for row in sorted(
            rows,
            key=lambda row: (
                metrics_place(row, metrics),
                row["attribution_model"],
                -(row["attributed_conversions"] or 0),
            ),
        )
    ][: MOST_ROWS * 10]
    if not shown:
        return None
    return Block(
        "",
        "Which variants users had seen before they converted.",
        shown,
        [
            Column("experiment", "experiment"),
            Column("variant", "variant"),
            Column("conversions", "conversions", "amount"),
            Column("value", "value", "amount"),
        ],
        "Attribution shares out what happened; it does not say what a variant caused. For that, "
        "compare with the control.",
        choices={"Metric": "metric", "Model": "model"},
    )
