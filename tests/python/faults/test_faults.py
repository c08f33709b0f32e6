"""What goes wrong around a run of dbt, and that the next run makes it good.

Each test starts from the same warehouse: half of the named worlds have arrived, and dbt has run.
Then something breaks, the other half arrives, dbt runs, and the marts have to equal those of a
full refresh of the same raw data in a new database.
"""

from __future__ import annotations

import re
import resource
from collections.abc import Callable

import pytest

from tests.python.faults.fault_days import RAW, RUN, Day
from tests.python.harness.mart_differences import OF_EVERYBODY, assert_same, read_marts
from tests.python.worlds.arrival_plans import BASE, ORDERS, RATIO, RETENTION, REVENUE, SIGNUPS
from tests.python.worlds.arrival_worlds import (
    Delivery,
    exposure,
    numbered,
    placed,
    raw_table,
)
from tests.python.worlds.arrivals import MADE_ANEW

# ------------------------------------------------------------------------------------ interruptions


def test_two_runs_at_once(day):
    """DuckDB lets one process write: of two runs one may fail, by the lock, and harms nothing."""
    day.data_arrive()
    runs = [day.warehouse.start_dbt(*RUN, settings=BASE) for _ in range(2)]
    printed = [run.communicate()[0] for run in runs]
    failed = [text for run, text in zip(runs, printed, strict=True) if run.returncode != 0]
    assert len(failed) < 2, "\n".join(failed)
    assert all("lock" in text.lower() for text in failed)
    day.assert_healed()


def test_a_full_disk(day):
    """Files cannot grow beyond a size that is too small for all models; later they can."""
    day.data_arrive()
    day.warehouse.dbt("parse", settings=BASE)

    def little_space() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    process = day.warehouse.start_dbt(
        *("--log-level-file", "none", "--no-write-json", *RUN),
        settings=BASE,
        preexec_fn=little_space,
    )
    printed, errors = process.communicate()
    assert "File too large" in printed, printed + errors
    day.assert_healed()


def test_a_part_is_run_with_other_settings(day):
    """What the last run put together for changed users, here none, is not taken for everybody."""
    day.data_arrive()
    day.run()
    day.run()
    settings = {"multiple_variant_policy": "last"}
    day.warehouse.dbt(
        *("run", "--select", "experiment_assignments+", "int_user_assignment_periods+"),
        *("--exclude", *MADE_ANEW),
        settings={**BASE, **settings},
    )
    day.assert_right(**settings)


# ------------------------------------------------------------------------------------ again


def test_three_runs_change_nothing(day):
    """Without new data the marts stay as they are, to the last digit of every float."""
    day.data_arrive()
    day.run()
    day.assert_added()
    before = read_marts(day.warehouse.path)
    for _ in range(3):
        day.run()
        assert_same(read_marts(day.warehouse.path), before)
    day.assert_right()


def test_everything_is_loaded_again(day):
    """Segment replays the whole source: every row is there twice, loaded today."""
    day.data_arrive()
    day.run()
    for table in RAW:
        day.execute(f"""
            insert into segment.{table}
            select * replace (
                timestamp '2026-06-01' as uuid_ts,
                timestamp '2026-06-01' as loaded_at,
                received_at + interval 1 hour as received_at
            )
            from segment.{table}
        """)
    day.assert_healed()
    day.assert_added()


def test_the_source_is_copied_anew(day):
    """All raw tables are made anew with the same rows in another order, and some more."""
    day.data_arrive()
    for table in RAW:
        day.execute(
            f"create or replace table segment.{table} as "
            f"select * from segment.{table} order by hash(received_at, anonymous_id)"
        )
    day.assert_healed()
    day.assert_added()


@pytest.mark.parametrize(
    "lost",
    [
        ["view analytics.identity_map", "table analytics.experiment_assignments"],
        ["schema analytics"],
        ["schema analytics_staging"],
    ],
    ids=["two marts", "all marts", "all the rest"],
)
def test_built_tables_are_lost(day, lost):
    """Somebody drops tables that dbt built."""
    day.execute(*[f"drop {what} cascade" for what in lost])
    day.data_arrive()
    day.assert_healed()


# ------------------------------------------------------------------------------------ sources


@pytest.mark.parametrize(
    "tables",
    [
        ["experiment_viewed"],
        ["identifies", "aliases"],
        ["order_completed", "tracks"],
    ],
    ids=" ".join,
)
def test_tables_are_missing_for_a_day(day, tables):
    """Tables are gone today, and back tomorrow with what was sent meanwhile."""
    day.execute(*[f"alter table segment.{table} rename to {table}_away" for table in tables])
    day.run()
    day.execute(*[f"alter table segment.{table}_away rename to {table}" for table in tables])
    day.data_arrive()
    day.assert_healed()
    day.assert_added()


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        ("experiment_viewed", ["variant"]),
        ("experiment_viewed", ["context_device_type", "assigned_at", "uuid_ts", "loaded_at"]),
        ("identifies", ["experiments_w3_colour", "anonymous_id"]),
        ("order_completed", ["revenue", "timestamp"]),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_columns_are_missing_for_a_day(day, table, columns):
    """Columns are gone today, and back tomorrow with all their values."""
    # Not under another name: that would be a column that is gone when they are back.
    day.execute("create schema aside", f"create table aside.{table} as from segment.{table}")
    for column in columns:
        day.execute(f"alter table segment.{table} drop column {column}")
    day.run()
    day.execute(f"create or replace table segment.{table} as from aside.{table}")
    day.data_arrive()
    day.assert_healed()
    if "loaded_at" not in columns:
        assert day.reason == f"a new column was filled in rows that were there before: {table}"


@pytest.mark.parametrize(
    ("table", "column", "type_name"),
    [
        ("ab_test_assigned", "variation_name", "bigint"),
        ("order_completed", "revenue", "varchar"),
        ("experiment_viewed", "assigned_at", "varchar"),
        ("experiment_viewed", "received_at", "timestamptz"),
        ("identifies", "user_id", "varchar[]"),
    ],
)
def test_a_column_changes_its_type(day, table, column, type_name):
    """The loader makes a column anew with another type; what is in it reads the same, or not."""
    value = f"[{column}]" if type_name.endswith("[]") else column
    day.execute(
        "set timezone = 'UTC'",
        f"alter table segment.{table} alter {column} type {type_name} using {value}::{type_name}",
    )
    day.run()
    if not type_name.endswith("[]"):
        day.data_arrive()
    day.assert_healed()


@pytest.mark.parametrize("tables", [RAW, ("order_completed",)], ids=["all", "orders"])
def test_a_source_is_emptied_and_filled(day, tables):
    """All rows of a source are gone, which counts at once, and come back with the next load."""
    for table in tables:
        day.execute(
            f"create table segment.{table}_away as from segment.{table}",
            f"delete from segment.{table}",
        )
    day.assert_healed()
    for table in tables:
        day.execute(f"insert into segment.{table} from segment.{table}_away")
    day.data_arrive()
    day.assert_healed()
    day.assert_added()


def test_a_source_was_always_empty(day):
    """A table without rows, made before the first event, is filled later."""
    for table in ("pages", "feature_tried"):
        day.execute(f"create table segment.{table} as from segment.order_completed limit 0")
    metrics = [ORDERS, {"name": "features", "type": "count", "event": "feature_tried"}]
    day.assert_healed(metrics=metrics)
    for table in ("pages", "feature_tried"):
        day.execute(f"insert into segment.{table} from segment.order_completed")
    day.assert_healed(metrics=metrics)
    day.assert_added()


# ------------------------------------------------------------------------------------ deletions


def forget_a_person(day: Day) -> None:
    """Rows of a user and his devices, in all tables."""
    for table in RAW:
        day.execute(f"delete from segment.{table} where user_id in ('w3-m', 'w2-u7')")
        day.execute(f"delete from segment.{table} where anonymous_id in ('w3-d', 'w2-d7')")


def forget_some_rows(day: Day) -> None:
    """Single rows: a login that linked, an exposure, an alias, an order."""
    day.execute(
        "delete from segment.identifies where anonymous_id = 'w3-d'",
        "delete from segment.identifies where anonymous_id = 'w3-B' and user_id = 'w3-b'",
        "delete from segment.aliases where previous_id = 'w3-C'",
        "delete from segment.experiment_viewed where user_id like 'w2-u_'",
        "delete from segment.order_completed where anonymous_id like 'w2-d_'",
    )


def forget_as_many_as_come(day: Day) -> None:
    """A table has as many rows as before: one went, another came."""
    day.execute(
        "delete from segment.experiment_viewed where user_id = 'w2-u4'",
        "insert into segment.experiment_viewed select * replace ("
        "'w2-new' as id, 'w2-new' as user_id, 'w2-new' as anonymous_id"
        ") from segment.experiment_viewed where user_id = 'w2-u8'",
    )


def test_a_row_is_synced_again(day):
    """Of a table with an arrival column of its own, a row is replaced on the day it arrived."""
    arrival = {"arrival_column": ["_synced", "loaded_at"]}
    day.execute(
        "alter table segment.order_completed add column _synced timestamp",
        "update segment.order_completed set _synced = uuid_ts",
    )
    day.run(**arrival)
    day.execute(
        "update segment.order_completed set revenue = 999, _synced = _synced + interval 1 second "
        "where anonymous_id = 'w2-d8'"
    )
    day.assert_healed(**arrival)


@pytest.mark.parametrize("arrived", ["9999-12-31", "infinity", "0001-01-01"])
def test_an_arrival_time_that_is_none(day, arrived):
    """Loaders write such times; the rows are there, and stay."""
    day.execute(
        "insert into segment.order_completed select * replace ("
        f"'late' || id as id, timestamp '{arrived}' as uuid_ts, timestamp '{arrived}' as loaded_at"
        ") from segment.order_completed where anonymous_id = 'w2-d8'"
    )
    day.assert_healed()
    day.data_arrive()
    day.assert_healed()
    day.assert_added()


def test_a_type_with_quotes(day):
    """A column of a type that is written with quotes, as enumerations are on DuckDB."""
    day.execute("alter table segment.order_completed add column plan enum ('free', 'it''s paid')")
    day.assert_healed()


@pytest.mark.parametrize("with_new_data", [False, True], ids=["alone", "with new data"])
@pytest.mark.parametrize(
    "forget",
    [forget_a_person, forget_some_rows, forget_as_many_as_come],
    ids=lambda forget: forget.__name__,
)
def test_raw_rows_are_deleted(day, forget: Callable[[Day], None], with_new_data):
    """Somebody has a right to be forgotten: what was deleted is in no mart after the next run."""
    if with_new_data:
        day.data_arrive()
    forget(day)
    day.assert_healed()


# ------------------------------------------------------------------------------------ the registry


@pytest.mark.parametrize(
    ("experiments", "variants"),
    [
        ([("w2-colour", "c", None, None, "orders")], [("b", 0.5), ("c", 0.5)]),
        ([("w2-colour", "b", "2026-03-05", "2026-03-15", None)], [("b", 0.5), ("c", 0.5)]),
        ([("w2-colour", None, None, None, None)], [("b", 0.2), ("c", 0.3), ("new", 0.5)]),
        ([("w2-colour", None, None, None, None)], [("b", 1.0)]),
        ([("w2-color", None, None, None, None)], [("b", 0.5), ("c", 0.5)]),
        ([], []),
    ],
    ids=["control", "dates", "variant added", "variant removed", "renamed", "removed"],
)
def test_the_registry_changes(day, experiments, variants):
    """An experiment gets another control, other dates or variants, another id, or is taken out."""
    day.warehouse.register(
        experiments, [(row[0], *variant) for row in experiments for variant in variants]
    )
    day.assert_healed()


@pytest.mark.parametrize(
    "again", [[], [("w2-colour", "c", None, None, "orders")]], ids=["same", "other"]
)
def test_an_experiment_is_listed_twice(day, again):
    """The registry has rows twice by mistake: they are counted, but nobody counts twice."""
    rows = [("w2-colour", "b", None, None, "orders")]
    variants = [("w2-colour", "b", 0.5), ("w2-colour", "c", 0.5)]
    day.warehouse.register(rows, variants)
    day.run()
    right = read_marts(day.warehouse.path)
    day.warehouse.register((again or rows) + rows, variants * 2)
    day.run()
    assert_same(read_marts(day.warehouse.path), right)
    listed = "select listed from analytics_staging.stg_registry__"
    for registry in ("experiments", "experiment_variants"):
        assert {row["listed"] for row in day.warehouse.query(listed + registry)} == {2}
    day.warehouse.register(rows, variants)
    day.assert_healed()


# ------------------------------------------------------------------------------------ the forgotten


def shown(day: Day, pattern: str) -> set[str]:
    """The marts, exports and tables behind them with a text in which a pattern is found."""
    return {
        name
        for name, mart in read_marts(day.warehouse.path).items()
        if name not in OF_EVERYBODY
        for row in mart.to_pylist()
        if any(re.search(pattern, str(value)) for value in row.values())
    }


def analysed(day: Day) -> int:
    """Users in the results of the experiment with many users."""
    [row] = day.warehouse.query("""
        select sum(users) as users from experiment_results
        where
            experiment_id = 'w2-colour' and metric = 'orders' and estimator = 'unadjusted'
    """)
    return row["users"]


@pytest.mark.parametrize("listed", [{"user_id": "w2-u8"}, {"anonymous_id": "w2-d8"}])
def test_somebody_is_to_be_forgotten(day, listed):
    """A user with all his ids leaves every table, new messages of his too, and can come back."""
    person = r"w2-[ud]8(?!\d)"
    day.run(exports="all")
    assert shown(day, person) >= {"identity_map", "experiment_assignments", "export_segment_traits"}
    users = analysed(day)
    day.warehouse.suppress(listed)
    day.assert_healed(exports="all")
    day.assert_added()
    assert shown(day, person) == set()
    assert analysed(day) == users - 1
    day.data_arrive()
    [sent] = numbered([exposure(0, 5, "d80", "u8", "b")])
    later = Delivery(sent.table, 0, {**sent.row, "id": "later"})
    day.warehouse.append("experiment_viewed", raw_table(later.table, [placed("w2", later)], set()))
    day.assert_healed(exports="all")
    day.assert_added()
    assert shown(day, person + "|w2-d80") == set()
    day.warehouse.suppress()
    day.assert_healed(exports="all")
    day.assert_added()
    assert "export_segment_traits" in shown(day, person)


def test_the_only_user_of_an_experiment_is_to_be_forgotten(day):
    """Nothing is left of an experiment, its sums included."""
    day.execute(
        "insert into segment.experiment_viewed by name select 'only' as id, 'lonely' as user_id, "
        "'lonely' as anonymous_id, 'alone' as experiment_id, 'b' as variant, "
        "max(received_at) as received_at, max(received_at) as timestamp, "
        "max(received_at) as original_timestamp, max(uuid_ts) as uuid_ts, "
        "max(loaded_at) as loaded_at from segment.experiment_viewed"
    )
    day.run()
    assert "experiment_assignments" in shown(day, "lonely")
    day.warehouse.suppress({"user_id": "lonely"})
    day.assert_healed()
    assert shown(day, "lonely") == set()


# ------------------------------------------------------------------------------------ the metrics


FEATURES = {"name": "features", "type": "count", "event": "feature_used"}


@pytest.mark.parametrize(
    "metrics",
    [
        [*BASE["metrics"], {"name": "aliases", "type": "count", "event": "aliases"}],
        [ORDERS, {**REVENUE, "window_days": 2}, SIGNUPS, RATIO, RETENTION],
        [ORDERS, {**REVENUE, "where": "revenue > 4"}, SIGNUPS, RATIO, RETENTION],
        [{**ORDERS, "type": "sum", "value": "revenue"}, REVENUE, RATIO],
        [{**ORDERS, "timestamp": "received_at"}, REVENUE],
        [{**ORDERS, "event": "experiment_viewed"}, {**RETENTION, "delay_days": 1}],
        [REVENUE],
        [],
    ],
    ids=["added", "window", "where", "value", "timestamp", "event", "removed", "none"],
)
def test_a_metric_changes(day, metrics):
    """A metric is added, defined in another way or removed; the past is counted by it, too."""
    day.data_arrive()
    day.assert_healed(metrics=metrics)


def test_a_metric_goes_and_comes_back(day):
    """What happened while a metric was not in the settings counts when it is in again."""
    day.run(metrics=[SIGNUPS])
    day.data_arrive()
    day.run(metrics=[SIGNUPS])
    day.assert_healed()
