"""Models of a company as sources of metrics and activity: unlike Segment, it changes rows in place.

Metrics read tables of an application through models of the company. After each run the marts have
to equal those of a full refresh, and the run says whether it computed everything.
"""

from __future__ import annotations

import datetime as dt
import shutil
from typing import Any

import pytest

from tests.python.worlds.arrivals import Rivals

START = dt.datetime(2026, 3, 1)
USERS = 12
PAID = "status = 'paid'"
SETTINGS: dict[str, Any] = {
    "metrics": [
        {
            "name": "orders",
            "type": "count",
            "model": "stg_shop__orders",
            "timestamp": "ordered_at",
            "where": PAID,
        },
        {
            "name": "paid",
            "type": "sum",
            "model": "stg_shop__payments",
            "timestamp": "paid_at",
            "value": "amount",
        },
        {
            "name": "sales",
            "type": "count",
            "event": "order_completed",
            "where": "is_test is null",
        },
        {"name": "day_1", "type": "retention", "delay_days": 1, "window_days": 1},
    ],
    "funnels": [
        {
            "name": "buy",
            "steps": [
                {"event": "order_completed"},
                {"model": "stg_shop__orders", "timestamp": "ordered_at", "where": PAID},
            ],
        }
    ],
    "activity": ["order_completed", {"model": "stg_app__logins"}, {"model": "stg_web__logins"}],
    "arrival_column": ["loaded_at", "updated_at"],
}
MODELS = {
    "raw_shop_orders": "stg_shop__orders",
    "raw_shop_payments": "stg_shop__payments",
    "raw_app_logins": "stg_app__logins",
    "raw_web_logins": "stg_web__logins",
}


def at(days: float) -> str:
    """A time so many days after the start, for SQL."""
    return f"timestamp '{START + dt.timedelta(days=days)}'"


def made(table: str, columns: dict[str, str], users: int = USERS) -> str:
    """Statement that makes a raw table with a row per user number `i`."""
    selected = ", ".join(f'{sql} as "{name}"' for name, sql in columns.items())
    return f"create table segment.{table} as select {selected} from range({users}) as users (i)"


def event(days: float, name: str) -> dict[str, str]:
    """Columns of an event of Segment."""
    return {
        "id": f"'{name}' || i",
        "user_id": "'u' || i",
        "anonymous_id": "'d' || i",
        "timestamp": at(days),
        "received_at": at(days),
        "loaded_at": at(days),
    }


HISTORY = [
    made(
        "experiment_viewed",
        {
            **event(0, "e"),
            "experiment_id": "case when i < 6 then 'colour' else 'price' end",
            "variant": "case when i % 2 = 0 then 'control' else 'b' end",
        },
    ),
    made("order_completed", event(5, "o")),
    made(
        "raw_shop_orders",
        {
            "id": "i",
            "user_id": "'u' || i",
            "ordered_at": at(2),
            "status": "'paid'",
        },
    ),
    made(
        "raw_shop_payments",
        {
            "id": "i",
            "user_id": "'u' || i",
            "paid_at": at(3),
            "amount": "10.0 + i",
            "updated_at": at(3),
        },
    ),
    # Ids of two applications say nothing about each other.
    made("raw_app_logins", {"id": "i", "user_id": "'u' || i", "timestamp": at(0.1)}),
    made("raw_web_logins", {"id": "i", "user_id": "'u' || i", "timestamp": at(1.5)}),
    made("aliases", {**event(0, "a"), "previous_id": "'d' || i"}, users=0),
    made("identifies", event(0, "i"), users=0),
]
MORE_ORDERS = (
    f"insert into segment.raw_shop_orders values (100, 'u3', {at(4)}, 'paid')",
    f"insert into segment.raw_shop_payments values (100, 'u8', {at(3.1)}, 5.0, {at(3.1)})",
)
SALE = (
    f"insert into segment.order_completed by name select 'late' as id, 'u5' as user_id,"
    f" {at(5)} as timestamp, {at(5)} as received_at, {at(5)} as loaded_at"
)


@pytest.fixture(scope="module")
def company(tmp_path_factory) -> Rivals:
    folder = tmp_path_factory.mktemp("company")
    rivals = Rivals(folder, MODELS)
    rivals.kept.execute(*HISTORY)
    assert rivals.run(rivals.kept, SETTINGS) is None
    shutil.copy(rivals.kept.path, folder / "morning.duckdb")
    return rivals


NEW_COLUMN = "alter table segment.order_completed add column is_test boolean"


@pytest.mark.parametrize(
    "statements",
    [
        # New rows of models, and of an event with a new column, by which a metric counts.
        (*MORE_ORDERS, NEW_COLUMN, SALE.replace(" select ", " select true as is_test, ")),
        # An order is refunded, another becomes somebody else's, and a payment is updated.
        (
            "update segment.raw_shop_orders set status = 'refunded' where id = 4",
            "update segment.raw_shop_orders set user_id = 'nobody else' where id = 5",
            f"update segment.raw_shop_payments set amount = 0, updated_at = {at(3.2)} where id = 4",
            *MORE_ORDERS,
        ),
        # A new column is filled in rows that were there.
        (
            NEW_COLUMN,
            "update segment.order_completed set is_test = true where id in ('o4', 'o5')",
            SALE,
        ),
    ],
    ids=["new", "changed", "filled column"],
)
def test_changed_rows_are_seen(company, statements):
    """Days with rows that are others are replaced, and with them whom the rows showed."""
    company.start(company.folder / "morning.duckdb")
    company.kept.execute(*statements)
    assert company.run(company.kept, SETTINGS) is None
    assert company.dbt.reason is None
    company.assert_equal(SETTINGS)


def test_logins_of_two_applications_are_no_copies(company):
    """Everybody logged in on the second day, on the web, under an id that the app uses, too."""
    company.start(company.folder / "morning.duckdb")
    rows = company.kept.query(
        "select sum(retained_users) as users from experiment_retention"
        " where retention_type = 'bounded' and day = 1"
    )
    assert rows == [{"users": USERS}]


def test_names_of_events_in_whichever_case(company):
    """Segment writes tables in small letters; a model is no activation event."""
    company.start(company.folder / "morning.duckdb")
    company.kept.register(
        [
            ("colour", "control", None, None, "orders", "stg_shop__orders"),
            ("price", "control", None, None, "orders", "Order_Completed"),
        ],
        [],
    )
    sales = {"name": "sales", "type": "count", "event": "ORDER_COMPLETED"}
    error = company.run(company.kept, {**SETTINGS, "metrics": [*SETTINGS["metrics"][:2], sales]})
    assert error is None
    users = "select count(*) as users from experiment_assignments where experiment_id"
    assert company.kept.query(
        f"({users} = 'colour' and exclusion_reason = 'not_activated') union all "
        f"({users} = 'price' and exclusion_reason is null)"
    ) == [{"users": USERS / 2}, {"users": USERS / 2}]
    assert company.kept.query("select sum(value) as n from experiment_user_metrics") == [
        # The window of the sales begins at the activation, which is the sale.
        {"n": USERS / 2}
    ]
