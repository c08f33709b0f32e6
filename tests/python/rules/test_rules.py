"""The rules end to end: raw tables in, marts out, one build for all of them.

Every rule has an experiment and users of its own, so that one world holds them all.
"""

import datetime as dt

import duckdb
import pytest

from tests.python.harness.warehouse import Warehouse

DAY = dt.timedelta(days=1)
START = dt.datetime(2026, 3, 1, 12)

# Times as text columns hold them, and the moments they are, in UTC.
OFFSETS = {
    "2026-03-01T11:00:00Z": dt.datetime(2026, 3, 1, 11),
    "2026-03-01 11:00:00 UTC": dt.datetime(2026, 3, 1, 11),
    "2026-03-01T11:00:00": dt.datetime(2026, 3, 1, 11),
    "2026-03-01 11:00:00.5": dt.datetime(2026, 3, 1, 11, 0, 0, 500000),
    "2026-03-01T01:00:00+01:00": dt.datetime(2026, 3, 1),
    "2026-03-01 01:00:00-05:00": dt.datetime(2026, 3, 1, 6),
    "2026-03-01T01:00:00+0530": dt.datetime(2026, 2, 28, 19, 30),
    "2026-03-01 01:00:00.25+0530": dt.datetime(2026, 2, 28, 19, 30, 0, 250000),
    "2026-03-01T01:00:00+01": dt.datetime(2026, 3, 1),
    "2026-03-01 01:00:00-08": dt.datetime(2026, 3, 1, 9),
    "2026-03-01T01:00:00.123456-03:30": dt.datetime(2026, 3, 1, 4, 30, 0, 123456),
    "2026-03-01 01:00:00 +05:30": dt.datetime(2026, 2, 28, 19, 30),
    "2026-03-01T01:00+01:00": dt.datetime(2026, 3, 1),
}
UNIX_TIMES = {
    "1772362800": dt.datetime(2026, 3, 1, 11),
    "1772362800.25": dt.datetime(2026, 3, 1, 11, 0, 0, 250000),
    "1772362800000": dt.datetime(2026, 3, 1, 11),
    "1772362800250": dt.datetime(2026, 3, 1, 11, 0, 0, 250000),
}
NO_TIMES = ["soon", "2026-02-30T01:00:00+01:00", "100000000000000", "2026-03-01T01:00:00+1:00"]


def message(number: int, at: dt.datetime, **fields) -> dict:
    """A raw row as Segment lands it."""
    return {
        "id": f"m{number}",
        "original_timestamp": at,
        "sent_at": at,
        "timestamp": at,
        "received_at": at + dt.timedelta(seconds=1),
        "anonymous_id": None,
        "user_id": None,
        **fields,
    }


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory) -> Warehouse:
    warehouse = Warehouse(
        tmp_path_factory.mktemp("rules"),
        {
            "exposure_events": [
                {"table": "experiment_viewed"},
                {"table": "ab_test_assigned"},
                {"table": "never_sent"},
                {
                    "table": "get_treatment",
                    "experiment_id": "split",
                    "variant": ["treatment_name", "treatment"],
                },
            ],
            "metrics": [
                {"name": "orders", "type": "count", "event": "order_completed", "window_days": 2},
                {
                    "name": "euros",
                    "type": "sum",
                    "event": "order_completed",
                    "value": "revenue",
                    "where": "currency = 'EUR'",
                    "window_days": 2,
                },
                {"name": "never", "type": "conversion", "event": "never_sent_either"},
            ],
            "activity": ["tracks", "pages", "no_such_table"],
        },
    )
    exposures = []

    def expose(experiment: str, user: str, variant: str, at: dt.datetime, **fields) -> None:
        exposures.append(
            message(
                len(exposures),
                at,
                **{
                    "user_id": user,
                    "experiment_id": experiment,
                    "variant": variant,
                    **fields,
                },
            )
        )

    # redelivered weeks later, and repeated on every page view
    expose("redelivery", "r1", "control", START)
    exposures.append({**exposures[-1], "received_at": START + 50 * DAY})
    expose("repeats", "p1", "control", START)
    expose("repeats", "p1", "control", START + DAY)
    expose("repeats", "p1", "control", START + 2 * DAY)
    # window: from the assignment to two days later, the end excluded
    expose("window", "w1", "control", START)
    expose("window", "w2", "blue", START)
    # dispatched an hour after the assignment
    expose("dispatch", "d1", "control", START, assigned_at=(START - DAY / 24).isoformat() + "Z")
    # the assignment time in all forms of text; what is none leaves the event's
    for text in [*OFFSETS, *UNIX_TIMES, *NO_TIMES]:
        expose("time as text", text, "control", START, assigned_at=text)
    # anonymous exposure, known later on a second device; the order is made on the second one
    expose("stitching", None, "control", START, anonymous_id="phone")
    expose("stitching", None, "control", START + DAY, anonymous_id="laptop")
    # two variants
    expose("crossover", "x1", "control", START)
    expose("crossover", "x1", "blue", START + DAY)
    expose("crossover", "x2", "blue", START)
    # unusable rows
    expose("unusable", "null", "control", START)
    expose(" ", "q1", "control", START)
    expose("unusable", "q2", " ", START)

    orders = [
        message(1000 + number, at, anonymous_id=device, user_id=user, **fields)
        for number, (user, device, at, fields) in enumerate(
            [
                ("w1", None, START - dt.timedelta(microseconds=1), {"revenue": 1.0}),
                ("w1", None, START, {"revenue": 2.0}),
                ("w1", None, START + 2 * DAY - dt.timedelta(microseconds=1), {"revenue": 4.0}),
                ("w1", None, START + 2 * DAY, {"revenue": 8.0}),
                ("w2", None, START, {"revenue": 16.0, "currency": "USD"}),
                ("someone else", None, START, {"revenue": 32.0}),
                (None, "laptop", START + DAY, {"revenue": 64.0}),
                ("s1", None, START + DAY, {"revenue": 128.0}),
            ]
        )
    ]
    for order in orders:
        order.setdefault("currency", "EUR")
    orders.append({**orders[1], "received_at": START + 50 * DAY})

    warehouse.load("experiment_viewed", exposures)
    warehouse.load(
        "identifies",
        [
            message(2000, START + DAY / 2, anonymous_id="phone", user_id="s1"),
            message(2001, START + 2 * DAY, anonymous_id="laptop", user_id="s1"),
        ],
    )
    warehouse.load("order_completed", orders)
    # numeric variants; the second user's is a float column elsewhere
    warehouse.load(
        "ab_test_assigned",
        [
            message(3000 + variant, START, user_id=f"n{variant}", experiment_id="numeric")
            | {"variation_id": variant}
            for variant in (0, 1)
        ],
    )
    warehouse.load(
        "get_treatment",
        [
            message(4000, START, user_id="t1", split="by mapping")
            | {"treatment": 1.0, "treatment_name": None},
            message(4001, START, user_id="t2", split="by mapping")
            | {"treatment": 2.0, "treatment_name": "blue"},
        ],
    )
    warehouse.dbt("build", "--exclude", "resource_type:unit_test")
    return warehouse


def assignment(warehouse: Warehouse, experiment: str) -> list[dict]:
    return warehouse.query(f"""
        select * from experiment_assignments where experiment_id = '{experiment}' order by user_key
    """)


def result(warehouse: Warehouse, experiment: str, metric: str) -> dict:
    return {
        row["variant"]: row["total"]
        for row in warehouse.query(f"""
            select variant, total from experiment_results
            where experiment_id = '{experiment}' and metric = '{metric}'
        """)
    }


def test_a_message_redelivered_weeks_later_counts_once(warehouse):
    [row] = assignment(warehouse, "redelivery")
    assert (row["exposures"], row["duplicate_exposures"]) == (1, 0)


def test_exposures_on_every_page_view_are_one_assignment(warehouse):
    [row] = assignment(warehouse, "repeats")
    assert (row["exposures"], row["duplicate_exposures"]) == (3, 2)
    assert row["assigned_at"] == START
    assert row["last_exposed_at"] == START + 2 * DAY


def test_only_orders_in_the_window_count_once_each(warehouse):
    assert result(warehouse, "window", "orders") == {"control": 2, "blue": 1}


def test_a_condition_and_a_value_of_a_metric(warehouse):
    assert result(warehouse, "window", "euros") == {"control": 2 + 4, "blue": 0}


def test_an_event_that_was_never_sent_is_zero_for_everybody(warehouse):
    assert result(warehouse, "window", "never") == {"control": 0, "blue": 0}


def test_the_assignment_time_is_not_the_dispatch_time(warehouse):
    [row] = assignment(warehouse, "dispatch")
    assert row["assigned_at"] == START - DAY / 24
    assert row["assigned_at_source"] == "property"


def test_an_assignment_time_in_text_is_the_moment_that_it_names(warehouse):
    assert {
        row["user_key"]: (row["assigned_at"], row["assigned_at_source"])
        for row in assignment(warehouse, "time as text")
    } == {
        **{text: (at, "property") for text, at in {**OFFSETS, **UNIX_TIMES}.items()},
        **dict.fromkeys(NO_TIMES, (START, "event")),
    }


def test_a_time_in_text_is_the_same_in_every_session(warehouse):
    sql = warehouse.compile_inline("""
        {%- set columns = {'sent_at': api.Column('sent_at', 'varchar')} -%}
        select sent_at, {{ segment_experiments.column_as_timestamp(columns, 'sent_at') }} as moment
        from raw_rows
    """)
    texts = [*OFFSETS, *UNIX_TIMES, *NO_TIMES]
    with duckdb.connect() as connection:
        connection.execute(
            "create table raw_rows as select unnest(?::varchar[]) as sent_at", [texts]
        )
        for zone in ("UTC", "America/New_York", "Asia/Kolkata"):
            connection.execute(f"set TimeZone = '{zone}'")
            assert dict(connection.execute(sql).fetchall()) == {
                **OFFSETS,
                **UNIX_TIMES,
                **dict.fromkeys(NO_TIMES),
            }


def test_a_person_with_two_devices_is_one_user(warehouse):
    [row] = assignment(warehouse, "stitching")
    assert (row["user_key"], row["user_id"], row["anonymous_id"]) == ("s1", "s1", "phone")
    assert (row["exposures"], row["was_anonymous"]) == (2, True)
    assert row["first_identified_at"] == START + DAY / 2
    # both orders, each once, although they came from another device than the first exposure
    assert result(warehouse, "stitching", "euros") == {"control": 64 + 128}


@pytest.mark.parametrize(
    ("policy", "users", "x1"),
    [
        ("exclude", {"blue": 1, "control": 0}, ("control", START, "crossover")),
        ("first", {"blue": 1, "control": 1}, ("control", START, None)),
        ("last", {"blue": 2, "control": 0}, ("blue", START + DAY, None)),
    ],
)
def test_policies_for_users_in_two_variants(warehouse, policy, users, x1):
    warehouse.dbt(
        *("run", "--select", "experiment_assignments+"),
        settings={"multiple_variant_policy": policy},
    )
    row = assignment(warehouse, "crossover")[0]
    assert (row["variant"], row["assigned_at"], row["exclusion_reason"]) == x1
    assert (row["variants_seen"], row["is_crossover"]) == (2, True)
    assert {
        row["variant"]: row["users"]
        for row in warehouse.query("""
            select distinct variant, users from experiment_results
            where experiment_id = 'crossover'
        """)
    } == {variant: count for variant, count in users.items() if count}


def test_numeric_variants_are_text(warehouse):
    assert [row["variant"] for row in assignment(warehouse, "numeric")] == ["0", "1"]
    assert [row["variant"] for row in assignment(warehouse, "by mapping")] == ["1", "blue"]


def test_unusable_rows_are_set_aside_and_counted(warehouse):
    assert assignment(warehouse, "unusable") == []
    assert {
        row["check_name"]: row["affected_rows"]
        for row in warehouse.query("""
            select check_name, sum(affected_rows) as affected_rows from tracking_audit
            where affected_rows > 0 group by check_name
        """)
    }.items() >= {
        "exposure_without_id": 1,
        "exposure_without_experiment": 1,
        "exposure_without_variant": 1,
        "redelivered_exposure": 1,
        "user_in_several_variants": 1,
        "repeated_exposure": 3,
    }.items()


def test_experiments_of_the_registry_without_users_are_in_no_result(warehouse):
    registered = "select experiment_id from experiments where is_registered"
    assert warehouse.query(registered)
    assert not warehouse.query(
        f"select * from experiment_results where experiment_id in ({registered})"
    )


def test_running_again_changes_nothing(warehouse):
    tables = ["experiment_assignments", "experiment_user_metrics", "identity_map", "experiments"]
    warehouse.dbt("run")
    before = {table: warehouse.query(f"select * from {table} order by all") for table in tables}
    assert min(map(len, before.values())) > 0
    warehouse.dbt("run")
    assert before == {
        table: warehouse.query(f"select * from {table} order by all") for table in tables
    }
