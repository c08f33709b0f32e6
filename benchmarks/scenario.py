"""What is benchmarked: a world of 20 experiments, five metrics, and its sizes."""

import hashlib
from typing import Any

from demo.config import DAY, END, START, Behaviour, Experiment, Settings

USERS_PER_MILLION = 200_000
"""People per million exposures: each leaves about five exposures, and as many other events."""

SEED = 1

DAYS = 90
"""An incremental day is 1 / DAYS of the data."""

SAME_ROWS = 75_000
"""New rows of the incremental run that is the same for every size."""

WINDOW_DAYS = 14
"""Window of the metrics after the assignment, days."""

RETENTION_DELAY_DAYS, RETENTION_WINDOW_DAYS = 7, 7

SCHEMA = "segment"
"""Schema of the raw tables."""

EVENT_TABLES = ("order_completed", "signed_up", "feature_used", "pages")
EXPOSURE_TABLES = ("experiment_viewed", "ab_test_assigned")
TABLES = (*EXPOSURE_TABLES, *EVENT_TABLES, "identifies", "aliases")
"""Raw tables that are made: all that the benchmarked settings read."""


def experiments() -> tuple[Experiment, ...]:
    """Make the 20 experiments: two variants each, a new one every other day, some concluded.

    Returns:
        Experiments of which every fifth lands in `ab_test_assigned`.
    """
    made = []
    for number in range(20):
        start = START + number * 2 * DAY
        is_numbered = number % 5 == 4
        made.append(
            Experiment(
                id=f"page-{number:02}-element-2026-09",
                variants=("0", "1") if is_numbered else ("control", "treatment"),
                start=start,
                end=start + 28 * DAY if number % 2 == 0 and number < 14 else END,
                share=0.2795,
                page="/",
                table="ab_test_assigned" if is_numbered else "experiment_viewed",
                visit=0.9,
                fires_again=0.35,
                sign_up_lift=(0.0, 0.02) if number % 4 == 1 else (),
                order_lift=(0.0, 0.05) if number % 4 == 2 else (),
                primary_metric="revenue_per_user",
            )
        )
    return tuple(made)


def settings() -> Settings:
    """Make the simulation: people come evenly over time and do something in every session.

    Returns:
        Settings of the demo generator; the faults are those of the demo.
    """
    behaviour = Behaviour(
        arrival_power=1.0,
        later_sessions=1.4,
        first_session_pages=1.0,
        extra_pages=0.6,
        feature_per_session=0.53,
        order_per_session=0.15,
        order_per_session_customer=0.3,
    )
    return Settings(behaviour=behaviour, experiments=experiments())


def metrics() -> list[dict[str, Any]]:
    """List the five metrics as the setting `metrics` of the dbt project.

    Returns:
        A conversion, a count, a sum, the ratio of these two, and retention.
    """
    window = {"window_days": WINDOW_DAYS}
    return [
        {"name": "feature_conversion", "type": "conversion", "event": "feature_used", **window},
        {"name": "orders_per_user", "type": "count", "event": "order_completed", **window},
        {
            "name": "revenue_per_user",
            "type": "sum",
            "event": "order_completed",
            "value": "revenue",
            **window,
        },
        {
            "name": "average_order_value",
            "type": "ratio",
            "numerator": "revenue_per_user",
            "denominator": "orders_per_user",
        },
        {
            "name": "week_1_retention",
            "type": "retention",
            "delay_days": RETENTION_DELAY_DAYS,
            "window_days": RETENTION_WINDOW_DAYS,
        },
    ]


def dbt_settings(database: str) -> dict[str, Any]:
    """Make the vars of the dbt project.

    Args:
        database: Name of the attached database with the raw tables.

    Returns:
        Vars for the command line of dbt.
    """
    return {
        "demo_data": False,
        "segment_database": database,
        "segment_schema": SCHEMA,
        "metrics": metrics(),
        "activity": ["pages"],
    }


def fingerprint(millions: int, seed: int) -> str:
    """Name the raw data of a size; another scenario has another name.

    Args:
        millions: Size in million exposures.
        seed: Seed of the simulation.

    Returns:
        For example `10m-seed1-0a1b2c`.
    """
    content = repr((settings(), USERS_PER_MILLION, TABLES, SAME_ROWS, DAYS))
    digest = hashlib.sha256(content.encode()).hexdigest()
    return f"{millions}m-seed{seed}-{digest[:6]}"
