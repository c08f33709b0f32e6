"""What int_arrivals counts of raw tables that are wrong in many ways, each row by hand."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.python.harness.warehouse import Warehouse

EPOCH = datetime(1970, 1, 1)
MODULUS = 1_000_000_007
NO_DAY = "1970-01-01"
SETTINGS = {
    "metrics": [
        {"name": "orders", "type": "count", "event": "order_completed"},
        {"name": "signups", "type": "count", "event": "signed_up"},
    ],
    "activity": ["pages", "screens"],
    "arrival_column": ["_synced", "loaded_at"],
}


def at(number: int) -> str:
    """A time that counts as this number in a checksum: microseconds since 1970."""
    return f"timestamp '{EPOCH + timedelta(microseconds=number)}'"


def microseconds(time: str) -> int:
    """A time as its number in a checksum."""
    return (datetime.fromisoformat(time) - EPOCH) // timedelta(microseconds=1) % MODULUS


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory) -> Warehouse:
    """Tables with a fault each, the notes of the last finished run, and one run of int_arrivals."""
    warehouse = Warehouse(tmp_path_factory.mktemp("arrivals"), SETTINGS)
    warehouse.register(
        [
            ("colour", "b", "2026-03-05", None, "orders", "signed_up"),
            ("price", None, None, None, None),
        ],
        [("colour", "b", 0.5), ("colour", "c", None)],
    )
    warehouse.execute(
        # Arrival times that are none lie in one heap; the days next to it are days.
        "create table segment.experiment_viewed "
        "(id varchar, received_at timestamp, loaded_at timestamp)",
        f"""
        insert into segment.experiment_viewed values
            ('1', {at(1)}, '2026-03-01 00:00:00'),
            ('2', {at(20)}, '2026-03-01 23:59:59.999999'),
            ('3', {at(300)}, '2026-03-02 00:00:00'),
            ('4', {at(MODULUS + 4)}, '9999-12-31'),
            ('5', {at(50)}, 'infinity'),
            ('6', {at(600)}, '0001-01-01'),
            ('7', {at(7000)}, '-infinity'),
            ('8', {at(80000)}, null),
            ('9', {at(900000)}, '1970-01-01 23:59:59'),
            ('10', {at(3)}, '1970-01-02 00:00:00'),
            ('11', {at(4)}, '9998-12-31 23:59:59'),
            ('12', null, '2026-03-04 12:00:00')
        """,
        # No arrival column.
        "create table segment.ab_test_assigned (id varchar, received_at timestamp)",
        f"insert into segment.ab_test_assigned values ('1', {at(5)}), ('2', {at(6)})",
        # No row.
        "create table segment.identifies (id varchar, loaded_at timestamp)",
        # `aliases` is missing. New columns; types with quotes and commas; an arrival column of the
        # user's own, which counts in the checksum.
        "create table segment.order_completed (id varchar, received_at timestamp, "
        "_synced timestamp, loaded_at timestamp, plan enum ('free', 'it''s paid'), "
        "price decimal(10, 2), note varchar)",
        f"""
        insert into segment.order_completed values
            ('1', {at(10)}, '2026-03-01 00:00:01', '2026-03-09', 'free', 1, 'old'),
            ('2', {at(20)}, '2026-03-01 00:00:02', '2026-03-09', 'it''s paid', null, 'old'),
            ('3', {at(30)}, '2026-03-01 00:00:03', '2026-03-09', null, null, 'old'),
            ('4', {at(40)}, '2026-03-02 00:00:00', '2026-03-09', null, 4, null),
            ('5', {at(50)}, '2026-03-03 00:00:00', '2026-03-09', null, null, 'old'),
            ('6', {at(60)}, 'infinity', '2026-03-09', null, null, null)
        """,
        # No time at all; no column that is known.
        "create table segment.pages (id varchar)",
        "insert into segment.pages values ('1'), ('2'), ('3')",
        # No arrival column and no row.
        "create table segment.screens (id varchar)",
        # One column has another type than it had, and so is new.
        "create table segment.signed_up (id varchar, loaded_at timestamp, age varchar)",
        "insert into segment.signed_up values ('1', '2026-03-01', '30'), ('2', '2026-03-01', null)",
        # What the last finished run has left.
        "create table analytics_staging.int_processed_arrivals as select * from (values "
        "('overlap', '', 'run 1', 1::bigint, 0::bigint), "
        "('run', '', 'run 0', 1, 0), "
        "('columns', 'order_completed', '_synced: TIMESTAMP, id: VARCHAR, loaded_at: TIMESTAMP, "
        "note: VARCHAR, received_at: TIMESTAMP', 1, 0), "
        "('columns', 'signed_up', 'age: BIGINT, id: VARCHAR, loaded_at: TIMESTAMP', 1, 0), "
        "('columns', 'pages', 'id: VARCHAR', 1, 0)"
        ") as notes (kind, raw_table, name, row_count, checksum)",
        "create schema analytics",
    )
    warehouse.dbt("run", "--select", "+int_arrivals")
    return warehouse


def counted(warehouse: Warehouse, kind: str) -> set[tuple[Any, ...]]:
    """The rows of a kind, without it."""
    rows = warehouse.query(f"""
        select raw_table, name, row_count, checksum from analytics_staging.int_arrivals
        where kind = '{kind}'
    """)
    found = [tuple(row.values()) for row in rows]
    assert len(found) == len(set(found))
    return set(found)


def test_days(warehouse):
    """The rows of each day of each table, and the sum of their numbers."""
    # In `experiment_viewed` only received_at counts, unless there is none.
    without_receipt = microseconds("2026-03-04 12:00:00")
    synced = [microseconds(f"2026-03-01 00:00:0{second}") for second in (1, 2, 3)]
    assert counted(warehouse, "rows") == {
        ("experiment_viewed", "2026-03-01", 2, 1 + 20),
        ("experiment_viewed", "2026-03-02", 1, 300),
        ("experiment_viewed", NO_DAY, 6, 4 + 50 + 600 + 7000 + 80000 + 900000),
        ("experiment_viewed", "1970-01-02", 1, 3),
        ("experiment_viewed", "9998-12-31", 1, 4),
        ("experiment_viewed", "2026-03-04", 1, without_receipt),
        ("ab_test_assigned", NO_DAY, 2, 5 + 6),
        ("order_completed", "2026-03-01", 3, 10 + 20 + 30 + sum(synced)),
        ("order_completed", "2026-03-02", 1, 40 + microseconds("2026-03-02")),
        ("order_completed", "2026-03-03", 1, 50 + microseconds("2026-03-03")),
        ("order_completed", NO_DAY, 1, 60),
        ("pages", NO_DAY, 3, 0),
        ("signed_up", "2026-03-01", 2, 2 * microseconds("2026-03-01")),
    }


def test_tables_without_arrival_times(warehouse):
    """They are always read, when there is something to read."""
    assert counted(warehouse, "always") == {
        ("ab_test_assigned", NO_DAY, 2, 0),
        ("pages", NO_DAY, 3, 0),
    }


def test_columns(warehouse):
    """All columns by their names, with their types; a missing table has none."""
    orders = (
        "_synced: TIMESTAMP, id: VARCHAR, loaded_at: TIMESTAMP, note: VARCHAR, "
        "plan: ENUM('free','it''s paid'), price: DECIMAL(10,2), received_at: TIMESTAMP"
    )
    assert counted(warehouse, "columns") == {
        ("experiment_viewed", "id: VARCHAR, loaded_at: TIMESTAMP, received_at: TIMESTAMP", 1, 0),
        ("ab_test_assigned", "id: VARCHAR, received_at: TIMESTAMP", 1, 0),
        ("identifies", "id: VARCHAR, loaded_at: TIMESTAMP", 1, 0),
        ("order_completed", orders, 1, 0),
        ("pages", "id: VARCHAR", 1, 0),
        ("screens", "id: VARCHAR", 1, 0),
        ("signed_up", "age: VARCHAR, id: VARCHAR, loaded_at: TIMESTAMP", 1, 0),
    }


def test_new_columns(warehouse):
    """Rows with something in a column that the last run did not know, of tables that it knew."""
    assert counted(warehouse, "filled") == {
        # One row has something in both new columns.
        ("order_completed", "2026-03-01", 2, 0),
        ("order_completed", "2026-03-02", 1, 0),
        ("signed_up", "2026-03-01", 1, 0),
    }


def test_the_registry(warehouse):
    """Experiments with their starts, by which assignment times are judged."""
    assert counted(warehouse, "experiment") == {
        ("", "colour | 2026-03-05 00:00:00", 1, 0),
        ("", "price | -", 1, 0),
    }


def test_tables_of_this_project(warehouse):
    """Of what this run makes whole nothing is kept: its only models have been left out so far."""
    assert counted(warehouse, "missing") == counted(warehouse, "model") == set()


def test_notes_of_other_runs(warehouse):
    """An overlap is handed on, and a run that computes everything leaves a note that it began."""
    assert counted(warehouse, "overlap") == {("", "run 1", 1, 0)}
    [(_, run, *_)] = counted(warehouse, "run")
    noted = warehouse.query("""
        select name from analytics_staging.int_processed_arrivals
        where kind in ('overlap', 'begun') order by name
    """)
    assert [row["name"] for row in noted] == [f"begun {run}", "run 1"]
