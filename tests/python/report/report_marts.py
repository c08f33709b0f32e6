"""Small marts in the shape of the contract, for the report's tests."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from report import marts

Row = dict[str, Any]

AS_OF = dt.datetime(2026, 11, 1, 12)
METRICS = ["signup_conversion", "revenue_per_user"]
DAYS = 20


def comparison(lift: float = 0.1, error: float = 0.02, **other: Any) -> Row:
    """A comparison whose control has the mean 2; the intervals are 2 and 4 standard errors wide."""
    row = {
        "users": 1000,
        "control_users": 1000,
        "mean": 2 * (1 + lift),
        "control_mean": 2.0,
        "absolute_lift": 2 * lift,
        "absolute_lift_lower": 2 * (lift - 2 * error),
        "absolute_lift_upper": 2 * (lift + 2 * error),
        "relative_lift": lift,
        "relative_lift_lower": lift - 2 * error,
        "relative_lift_upper": lift + 2 * error,
        "relative_lift_status": "ok",
        "sequential_relative_lower": lift - 4 * error,
        "sequential_relative_upper": lift + 4 * error,
        "p_value": 0.00001,
        "p_value_holm": 0.0002,
        "p_value_bh": 0.0001,
        "required_users": 5000,
        "minimum_detectable_effect": 0.05,
        "variance_reduction": None,
        "status": "ok",
        "verdict": "win",
        "verdict_at_end": "win",
        "variant": "green",
        "control_variant": "control",
        "metric": METRICS[0],
    }
    return row | other


def experiment(name: str, variants: tuple[str, ...] = ("green",), **facts: Any) -> dict[str, Any]:
    """All rows of one experiment, by the model of the mart.

    Args:
        name: its id.
        variants: without the control.
        facts: columns of the mart `experiments` that are other than usual.
    """
    own = {"experiment_id": name}
    rows: dict[str, list[Row]] = {mart.model: [] for mart in (*marts.NEEDED, *marts.FURTHER)}
    rows["mart_experiments"] = [
        own
        | {
            "control_variant": "control",
            "variants": ", ".join(("control", *variants)),
            "started_at": dt.datetime(2026, 10, 1),
            "ended_at": dt.datetime(2026, 10, 25),
            "status": "concluded",
            "primary_metric": METRICS[0],
            "headline_metric": METRICS[0],
            "users": 2000,
            "first_assigned_at": dt.datetime(2026, 10, 1, 5),
            "last_assigned_at": dt.datetime(2026, 10, 24),
            "owner": "growth",
            "hypothesis": "Green is better",
            "excluded_users": 3,
            "is_registered": True,
            "has_reached_end": None,
        }
        | facts
    ]
    rows["experiment_health"] = [
        own
        | {
            "check_name": "sample_ratio_mismatch",
            "status": "pass",
            "value": 0.4,
            "threshold": 0.001,
            "detail": "control 1000 users (expected 1000), green 1000 users (expected 1000)",
        }
    ]
    rows["experiment_decisions"] = [
        own
        | {
            "variant": variant,
            "decision": "ship",
            "reason": f"clear_signals: every goal won: {METRICS[0]}.",
            "registered_decision": "green",
        }
        for variant in variants
    ]
    rows["tracking_audit"] = [
        own
        | {
            "check_name": "repeated_exposure",
            "metric": None,
            "affected_rows": 12,
            "total_rows": 2000,
            "share": 0.006,
            "example": "u1",
            "advice": "Send the event once.",
        }
    ]
    for place, variant in enumerate(variants):
        for metric in METRICS:
            lift = 0.1 - 0.08 * place
            compared = own | comparison(lift, variant=variant, metric=metric, as_of=AS_OF)
            compared |= {"metric_type": "conversion", "is_control": False}
            rows["experiment_results"] += [
                compared | {"estimator": "unadjusted"},
                compared | {"estimator": "cuped", "variance_reduction": 0.2},
            ]
            rows["experiment_results_daily"] += [
                own
                | comparison(lift, 0.1 / (day + 1), variant=variant, metric=metric)
                | {
                    "date": dt.date(2026, 10, 1) + dt.timedelta(days=day),
                    "is_control": False,
                    "estimator": "unadjusted",
                }
                for day in range(DAYS)
            ]
            rows["experiment_results_by_dimension"] += [
                own
                | comparison(lift, variant=variant, metric=metric)
                | {"dimension": "country", "dimension_value": value, "is_control": False}
                | {"estimator": "unadjusted", "is_small_cell": value is None}
                for value in ("DE", "FR", None)
            ]
            rows["experiment_effect_by_age"] += [
                own
                | comparison(lift, variant=variant, metric=metric)
                | {"phase": phase, "is_control": False}
                for phase in ("first_session", "later_sessions", "0", "28+")
            ]
        rows["experiment_marginal_effects"] += [
            own
            | {"metric": metric, "variant": variant, "users": 1000, "marginal_effect": 0.2}
            | {"standard_error": 0.05, "p_value": 0.0001, "lower": 0.1, "upper": 0.3}
            | {"incremental_total": 200.0, "effect_rank": place + 1}
            for metric in METRICS
        ]
    for variant in ("control", *variants):
        rows["experiment_retention"] += [
            own
            | {"variant": variant, "retention_type": kind, "day": day, "eligible_users": 1000}
            | {"retained_users": 500 // (day + 1), "retention_rate": 0.5 / (day + 1)}
            | {"lower": 0.4 / (day + 1), "upper": 0.6 / (day + 1), "absolute_lift": 0.0}
            | {"p_value": 0.9}
            for kind in ("bounded", "unbounded")
            for day in range(29)
        ]
        rows["experiment_funnel"] += [
            own
            | {"funnel": "purchase", "variant": variant, "step_number": number, "step": step}
            | {"users": 1000 // number, "rate_from_start": 1 / number}
            | {"rate_from_previous": 0.5, "absolute_lift": 0.0, "p_value": 0.8}
            for number, step in enumerate(("product_viewed", "order_completed"), 1)
        ]
        rows["experiment_attribution"] += [
            own
            | {"metric": METRICS[0], "variant": variant, "attribution_model": "linear"}
            | {"attributed_conversions": 10.5, "attributed_value": 100.0}
        ]
    return rows


def interaction(first: str, second: str, **other: Any) -> Row:
    """A row of experiment_interactions."""
    row = {
        "experiment_a": first,
        "experiment_b": second,
        "variant_a": "green",
        "variant_b": "green",
        "variants": "green x green",
        "metric": METRICS[0],
        "shared_users": 500,
        "dependence_p_value": 0.5,
        "interaction_effect": 0.01,
        "standard_error": 0.02,
        "p_value": 0.6,
        "p_value_bh": 0.8,
    }
    return row | other


def together(*experiments: dict[str, list[Row]], pairs: list[Row] = ()) -> dict[str, list[Row]]:
    """The marts of several experiments."""
    rows = {model: [row for each in experiments for row in each[model]] for model in experiments[0]}
    rows["experiment_interactions"] = list(pairs)
    return rows


def store(rows: dict[str, list[Row]], database: Path) -> None:
    """Write the marts that have rows into the schema `analytics` of a DuckDB file."""
    with duckdb.connect(str(database)) as connection:
        connection.execute("create schema if not exists analytics")
        for model, own in rows.items():
            if own:
                connection.register("rows", pa.Table.from_pylist(own))
                table = model.removeprefix("mart_")
                connection.execute(f"create table analytics.{table} as select * from rows")
