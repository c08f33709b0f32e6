"""What goes wrong around a run of dbt, and that the next run makes it good.

Each test starts from the same warehouse: half of the named worlds have arrived, and dbt has run.
Then something breaks, the other half arrives, dbt runs, and the marts have to equal those of a
full refresh of the same raw data in a new database.

Faults that do not concern each other share a test, and a comparison of all marts finds each of
them. What makes a run compute everything makes any fault good, so it is never together with what a
run has to add. What the reasons are is tested one by one in test_decisions.py.
"""

from __future__ import annotations

import re
import resource

import pytest

from tests.python.faults.fault_days import RAW, RUN, Day
from tests.python.harness.mart_differences import OF_EVERYBODY, assert_same, read_marts
from tests.python.worlds.arrival_cases import CASES
from tests.python.worlds.arrival_plans import BASE, ORDERS, RATIO, RETENTION, REVENUE
from tests.python.worlds.arrival_worlds import (
    Delivery,
    exposure,
    numbered,
    placed,
    raw_table,
)

# Somebody of whom nothing new arrives with the second half.
QUIET = f"c{list(CASES).index('windows pass while nothing happens')}-m"

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
    """What is made of the experiments of the last run is noted as that of no run."""
    settings = {"multiple_variant_policy": "last"}
    before = day.warehouse.query("from experiment_assignments order by all")
    day.run_part("experiment_assignments+", "int_user_assignment_periods+", **settings)
    assert day.warehouse.query("from experiment_assignments order by all") != before
    day.assert_right(**settings)
    day.assert_healed()


# ------------------------------------------------------------------------------------ again


def test_nothing_new_and_everything_again(day):
    """Tables are made anew, nothing changes for two runs, and Segment replays the whole source."""
    day.data_arrive()
    # The same rows in another order.
    for table in RAW:
        day.change(
            f"create or replace table segment.{table} as "
            f"select * from segment.{table} order by hash(received_at, anonymous_id)"
        )
    day.assert_healed()
    day.assert_added()
    before = read_marts(day.warehouse.path)
    for _ in range(2):
        day.run()
        day.assert_added()
        assert_same(read_marts(day.warehouse.path), before)
    # Every row is there twice, loaded today.
    for table in RAW:
        day.change(f"""
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


@pytest.mark.parametrize(
    ("lost", "reason"),
    [
        (
            ["view analytics.identity_map", "table analytics_staging.int_identity_pairs"],
            "a table of this project is missing, or was left out before: int_identity_pairs",
        ),
        (["table analytics.experiment_assignments"], None),
        (["schema analytics_staging"], "no run has been finished yet"),
    ],
    ids=["a mart and a table of ids", "a table of experiments", "all but the marts"],
)
def test_built_tables_are_lost(day, lost, reason):
    """Somebody drops tables that dbt built."""
    day.execute(*[f"drop {what} cascade" for what in lost])
    day.data_arrive()
    day.assert_healed()
    assert day.reason == reason


# ------------------------------------------------------------------------------------ sources


def test_tables_are_gone_or_empty_for_some_days(day):
    """Tables are gone or without rows, which counts at once, and come back one after the other.

    Without the setting, rows that are gone as whole days would have expired.
    """
    settings = {"keep_expired_days": False}
    gone = ("aliases", "experiment_viewed", "identifies")
    emptied = ("ab_test_assigned", "order_completed", "tracks")
    day.set_aside(*gone, *emptied)
    day.execute(*[f"drop table segment.{table}" for table in gone])
    day.change(*[f"delete from segment.{table}" for table in emptied])
    day.assert_healed(**settings)
    day.assert_added()
    # Orders before the exposures, and both before the identities.
    for tables in (emptied, ("experiment_viewed",)):
        day.bring_back(*tables)
        day.run(**settings)
        day.assert_added()
    day.bring_back("identifies", "aliases")
    day.data_arrive()
    day.assert_healed(**settings)
    day.assert_added()


def test_raw_days_expire(day):
    """A dataset keeps the rows of some months; what was read stays, but in a full refresh."""
    day.data_arrive()
    day.run()
    before = read_marts(day.warehouse.path)
    last = "(select max(loaded_at) from segment.experiment_viewed)"
    for table in ("experiment_viewed", "order_completed", "identifies"):
        day.change(
            f"delete from segment.{table} where cast(loaded_at as date) < cast({last} as date)"
        )
    for _ in range(2):
        day.run()
        day.assert_added()
        assert_same(read_marts(day.warehouse.path), before)
    # Other settings read what is there again, and keep the rest.
    day.run(multiple_variant_policy="first")
    assert day.reason == "a setting is new or another"
    day.run()
    assert_same(read_marts(day.warehouse.path), before)
    printed = day.warehouse.dbt("run", "--full-refresh", "--select", "int_arrivals", settings=BASE)
    assert re.search(r"full refresh loses what was read of \d+ days? that (is|are) gone", printed)


def test_columns_are_missing_for_a_day(day):
    """Columns are gone today, and back tomorrow with all their values."""
    missing = {
        "experiment_viewed": ["variant", "context_device_type", "assigned_at"],
        "identifies": ["experiments_w3_colour", "anonymous_id"],
        "order_completed": ["revenue", "timestamp"],
        # The day of arrival of every row is another one without them.
        "ab_test_assigned": ["uuid_ts", "loaded_at"],
    }
    # Not under another name: that would be a column that is gone when they are back.
    day.set_aside(*missing)
    for table, columns in missing.items():
        for column in columns:
            day.execute(f"alter table segment.{table} drop column {column}")
    day.assert_healed()
    day.assert_added()
    day.bring_back(*missing)
    day.data_arrive()
    day.assert_healed()
    day.assert_added()


def test_columns_change_their_types(day):
    """The loader makes columns anew with other types; what is in them reads the same."""
    changed = {
        "ab_test_assigned.variation_name": ("VARCHAR", "bigint"),
        "experiment_viewed.assigned_at": ("TIMESTAMP", "varchar"),
        "experiment_viewed.received_at": ("TIMESTAMP", "timestamptz"),
        "order_completed.revenue": ("DOUBLE", "varchar"),
    }
    day.execute(
        *[
            f"set timezone = 'UTC'; alter table segment.{table} alter {column} type {new}"
            for name, (_, new) in changed.items()
            for table, column in [name.split(".")]
        ]
    )
    day.assert_healed()
    day.assert_added()
    day.data_arrive()
    day.assert_healed()
    day.assert_added()


def test_a_column_becomes_a_list(day):
    """The new type of a column is one in which ids do not read as before."""
    day.execute("alter table segment.identifies alter user_id type varchar[] using [user_id]")
    day.assert_healed()
    day.assert_added()


def test_tables_that_wait_and_rows_that_arrived_at_no_time(day):
    """Tables without rows are filled, loaders write times that are none, a type has quotes."""
    settings = {"metrics": [ORDERS, {"name": "tried", "type": "count", "event": "feature_tried"}]}
    waiting = ("pages", "feature_tried")
    day.execute(
        *[
            f"create table segment.{table} as from segment.order_completed limit 0"
            for table in waiting
        ]
    )
    day.run(**settings)
    day.change(
        *[f"insert into segment.{table} from segment.order_completed" for table in waiting],
        *[
            "insert into segment.order_completed select * replace ("
            f"'late' || id as id, timestamp '{arrived}' as uuid_ts, "
            f"timestamp '{arrived}' as loaded_at) "
            f"from segment.order_completed where {somebody} and id not like 'late%'"
            for arrived in ("9999-12-31", "infinity", "0001-01-01")
            for somebody in ("anonymous_id = 'w2-d7'", f"user_id = '{QUIET}'")
        ],
    )
    # As enumerations are written on DuckDB.
    day.execute("alter table segment.order_completed add column plan enum ('free', 'it''s paid')")
    day.run(**settings)
    day.assert_added()
    day.data_arrive()
    day.assert_healed(**settings)
    day.assert_added()


# ------------------------------------------------------------------------------------ deletions


def test_raw_rows_are_deleted(day):
    """Somebody has a right to be forgotten: what was deleted is in no mart after the next run."""
    day.data_arrive()
    day.change(
        # A person with all devices, where there is something of him.
        *[
            f"delete from segment.{table} "
            "where user_id in ('w3-m', 'w2-u7') or anonymous_id in ('w3-d', 'w2-d7')"
            for table in ("identifies", "order_completed")
        ],
        # Single rows: a login that linked, an alias, orders.
        "delete from segment.identifies where anonymous_id = 'w3-B' and user_id = 'w3-b'",
        "delete from segment.aliases where previous_id = 'w3-C'",
        "delete from segment.order_completed where anonymous_id like 'w2-d_'",
        # A table has as many rows as before: some went, others came.
        *[
            f"delete from segment.experiment_viewed where {somebody}"
            for somebody in ("anonymous_id = 'w3-d'", "user_id = 'w2-u4'")
        ],
        *[
            "insert into segment.experiment_viewed select * replace ("
            f"'{new}' as id, '{new}' as user_id, '{new}' as anonymous_id"
            f") from segment.experiment_viewed where user_id = '{like}'"
            for new, like in (("w2-new", "w2-u8"), ("w2-newer", "w2-u12"))
        ],
    )
    day.assert_healed()
    day.assert_added()


# ------------------------------------------------------------------------------------ the registry


def test_the_registry_changes(day):
    """Experiments get other dates or variants, another id, or are taken out."""
    registry = "analytics_staging.registry_experiment"
    day.change(
        f"update {registry}s set started_at = '2026-03-05', ended_at = '2026-03-15' "
        "where experiment_id = 'w2-colour'",
        f"insert into {registry}_variants values ('w2-colour', 'new', 0.5)",
        f"delete from {registry}_variants where experiment_id = 'c24-colour' and variant = 'b'",
        *[
            f"update {registry}{table} set experiment_id = 'c23-color' "
            "where experiment_id = 'c23-colour'"
            for table in ("s", "_variants")
        ],
        f"delete from {registry}s where experiment_id = 'c25-colour'",
    )
    day.assert_healed()
    day.assert_added()


def test_the_registry_changes_what_is_not_kept(day):
    """A control, a metric and shares are others; then the registry has rows twice by mistake."""
    registry = "analytics_staging.registry_experiment"
    day.change(
        f"update {registry}s set control_variant = 'b', primary_metric = 'revenue' "
        "where experiment_id = 'w2-colour'",
        f"update {registry}_variants set expected_share = if(variant = 'b', 0.2, 0.8) "
        "where experiment_id = 'w2-colour'",
    )
    day.assert_healed()
    day.assert_added()
    right = read_marts(day.warehouse.path)
    # They are counted, but nobody counts twice, also where the rows do not say the same.
    day.execute(
        "create schema aside",
        *[
            f"create table aside.experiment{table} as from {registry}{table}"
            for table in ("s", "_variants")
        ],
    )
    day.change(
        f"insert into {registry}s select * replace ("
        "if(experiment_id = 'w2-colour', 'c', control_variant) as control_variant"
        ") from aside.experiments",
        f"insert into {registry}_variants from aside.experiment_variants",
    )
    day.run()
    day.assert_added()
    assert_same(read_marts(day.warehouse.path), right)
    for table in ("experiments", "experiment_variants"):
        listed = f"select listed from analytics_staging.stg_registry__{table}"
        assert {row["listed"] for row in day.warehouse.query(listed)} == {2}
    day.execute(
        *[
            f"create or replace table {registry}{table} as from aside.experiment{table}"
            for table in ("s", "_variants")
        ]
    )
    day.assert_healed()
    day.assert_added()


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


def test_people_are_to_be_forgotten(day):
    """Users with all their ids leave every table, and so do new messages; they can come back."""
    # The only user of an experiment, of which nothing is left then, its sums included.
    day.change(
        "insert into segment.experiment_viewed by name select 'only' as id, 'lonely' as user_id, "
        "'lonely' as anonymous_id, 'alone' as experiment_id, 'b' as variant, "
        "max(received_at) as received_at, max(received_at) as timestamp, "
        "max(received_at) as original_timestamp, max(uuid_ts) as uuid_ts, "
        "max(loaded_at) as loaded_at from segment.experiment_viewed"
    )
    people = (r"w2-[ud]8(?!\d)", r"w2-[ud]9(?!\d)", "lonely")
    tables = {"identity_map", "experiment_assignments", "export_segment_traits"}
    day.run(exports="all")
    for person in people:
        assert shown(day, person) >= tables
    users = analysed(day)
    # What a data test has stored.
    stored = "analytics_dbt_test__audit.tracking_exposure_without_id_stays_below"
    day.warehouse.execute(
        "create schema analytics_dbt_test__audit",
        f"create table {stored} as select 'w2-u8' as example",
    )
    day.warehouse.suppress({"user_id": "w2-u8"}, {"anonymous_id": "w2-d9"}, {"user_id": "lonely"})
    day.assert_healed(exports="all")
    day.assert_added()
    assert shown(day, "|".join(people)) == set()
    assert day.warehouse.query(f"from {stored}") == []
    assert analysed(day) == users - 2
    # Further messages, on devices that nobody knew.
    day.data_arrive()
    for device, user, variant in (("d80", "u8", "b"), ("d90", "u9", "c")):
        [sent] = numbered([exposure(0, 5, device, user, variant)])
        later = Delivery(sent.table, 0, {**sent.row, "id": f"later {user}"})
        day.warehouse.append(
            "experiment_viewed", raw_table(later.table, [placed("w2", later)], set())
        )
    day.run(exports="all")
    day.assert_added()
    assert shown(day, "|".join([*people, "w2-d80", "w2-d90"])) == set()
    day.warehouse.suppress()
    day.assert_healed(exports="all")
    day.assert_added()
    for person in people:
        assert "export_segment_traits" in shown(day, person)


# ------------------------------------------------------------------------------------ the metrics


def test_metrics_change(day):
    """Metrics are removed, added or defined in another way; the past is counted by them, too."""
    day.run(metrics=[])
    day.data_arrive()
    day.assert_healed(metrics=[])
    day.assert_added()
    # What happened while they were not in the settings counts.
    first = [
        {**ORDERS, "timestamp": "received_at"},
        {**REVENUE, "window_days": 2, "where": "revenue > 4"},
        RATIO,
        {**RETENTION, "delay_days": 1},
        {"name": "aliases", "type": "count", "event": "aliases"},
    ]
    day.assert_healed(metrics=first)
    # No name is new.
    day.assert_healed(
        metrics=[
            {**ORDERS, "type": "sum", "value": "revenue"},
            {**REVENUE, "where": "revenue > 2"},
            RATIO,
            {"name": "aliases", "type": "count", "event": "experiment_viewed"},
        ]
    )
    assert day.reason == "a setting is new or another"
