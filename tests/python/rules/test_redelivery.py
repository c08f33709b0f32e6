"""Copies of a message count once within the horizon, in increments as in a full run."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.python.harness.mart_differences import assert_same, read_marts
from tests.python.harness.warehouse import Warehouse

FIRST = dt.datetime(2026, 3, 1, 12)
METRICS = [{"name": "orders", "type": "count", "event": "order_completed", "window_days": 200}]
TOLD = "computes everything"


def copy(day: float, user: str | None = "u", **fields) -> dict:
    """A delivery of a message; Segment moves its time with its arrival."""
    at = FIRST + dt.timedelta(days=day)
    return {"id": "m1", "user_id": user, "timestamp": at, "received_at": at, **fields}


def world(folder, cases: dict[str, list[float]], **settings) -> Warehouse:
    """Users who are exposed, and each have one order, which is delivered after some days."""
    folder.mkdir(exist_ok=True)
    warehouse = Warehouse(
        folder, {"metrics": METRICS, "activity": ["pages"], "funnels": [], **settings}
    )
    warehouse.register([], [])
    exposure = {"experiment_id": "hero", "variant": "a"}
    warehouse.load("experiment_viewed", [copy(-1, user, **exposure) for user in cases])
    deliver(warehouse, cases)
    return warehouse


def deliver(warehouse: Warehouse, cases: dict[str, list[float]]) -> None:
    """Replace the orders and page views by deliveries on the days of each user."""
    rows = [copy(day, user) for user, days in cases.items() for day in days]
    warehouse.load("order_completed", rows)
    warehouse.load("pages", rows)


def orders(warehouse: Warehouse) -> dict[str, float]:
    rows = warehouse.query("from experiment_user_metrics where metric = 'orders'")
    return {row["user_key"]: row["value"] for row in rows}


@pytest.mark.parametrize(
    ("redelivery_days", "cases"),
    [
        (
            60,
            {
                "same day": ([0, 0, 0.1], 1),
                "last day": ([0, 60], 1),
                "too late": ([0, 61], 2),
                "copy of a copy": ([0, 50, 100, 150], 1),
                "twice two": ([0, 61, 61, 120], 2),
            },
        ),
        (None, {"ever": ([0, 61, 190], 1)}),
    ],
)
def test_copies_within_the_horizon_count_once(tmp_path, redelivery_days, cases):
    days = {user: days for user, (days, _) in cases.items()}
    whole = world(tmp_path / "whole", days, redelivery_days=redelivery_days)
    whole.dbt("run")
    assert orders(whole) == {user: counted for user, (_, counted) in cases.items()}
    # The latest copies arrive first, so what was counted may become a copy; then the rest.
    latest, more = ({user: some[-size:] for user, some in days.items()} for size in (1, 2))
    steps = world(tmp_path / "steps", latest, redelivery_days=redelivery_days)
    for arrived in (latest, more, days) if redelivery_days else (latest, days):
        deliver(steps, arrived)
        printed = steps.dbt("run")
    assert TOLD not in printed
    assert_same(read_marts(steps.path), read_marts(whole.path))


def test_the_days_before_are_known_by_their_ids(tmp_path):
    """An increment marks a copy of a message that arrived long before the days that it reads."""
    warehouse = world(tmp_path, {"u": [0]})
    warehouse.dbt("run")
    # Messages of two people with one id are no copies, nor are rows that count nowhere.
    others = [copy(59, user="v"), copy(59, user=None), copy(59, user=None)]
    warehouse.load("order_completed", [copy(0), copy(59), *others])
    assert TOLD not in warehouse.dbt("run")
    assert orders(warehouse) == {"u": 1}
    assert warehouse.query("""
        select user_id, is_copy from analytics_staging.stg_segment__metric_events
        where rejection_reason is null order by user_id, received_at
    """) == [
        {"user_id": "u", "is_copy": False},
        {"user_id": "u", "is_copy": True},
        {"user_id": "v", "is_copy": False},
    ]
    assert warehouse.query("""
        select count(*) as n from analytics_staging.stg_segment__metric_events where is_copy
    """) == [{"n": 1}]


def test_copies_are_counted_in_the_audit(tmp_path):
    warehouse = world(tmp_path, {"u": [0]})
    exposure = {"experiment_id": "hero", "variant": "a"}
    warehouse.load("experiment_viewed", [copy(day, **exposure) for day in (0, 3, 5)])
    warehouse.dbt("run", "--select", "+tracking_audit")
    [row] = warehouse.query("from tracking_audit where check_name = 'redelivered_exposure'")
    assert (row["affected_rows"], row["total_rows"], row["example"]) == (2, 3, "m1")
    assert row["first_seen_at"] == FIRST + dt.timedelta(days=3)
    assert row["last_seen_at"] == FIRST + dt.timedelta(days=5)
