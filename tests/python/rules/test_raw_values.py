"""What is read of numbers, times and ids in raw columns, and what is counted of the rest."""

import datetime as dt
from decimal import Decimal

import pytest

from tests.python.harness.warehouse import Warehouse

HERO = "home-hero-title-2026-03"
DAY = dt.datetime(2026, 3, 10)
HOUR = dt.timedelta(hours=1)


def raw(at: dt.datetime, number: int, user: str, **fields) -> dict:
    """A row of a Segment table, received a second after it happened."""
    times = {"timestamp": at, "original_timestamp": at, "received_at": at + HOUR / 3600}
    return {"id": f"m{number}", "user_id": user, **times, **fields}


def exposures(users: list[str], at: dt.datetime = DAY + 15 * HOUR, **fields) -> list[dict]:
    """The assignment of each user, in turns to the control and to blue."""
    return [
        raw(at, number, user, experiment_id=HERO, variant=("control", "blue")[number % 2], **fields)
        for number, user in enumerate(users)
    ]


def world(folder, metrics: list[dict], activity: tuple[str, ...] = (), **tables) -> Warehouse:
    warehouse = Warehouse(folder, {"metrics": metrics, "activity": list(activity), "funnels": []})
    for name, rows in tables.items():
        warehouse.load(name, rows)
    warehouse.register([], [])
    return warehouse


def audit(warehouse: Warehouse, check: str) -> dict[str, tuple]:
    """What a check found: metric -> affected rows, all rows, example."""
    return {
        row["metric"]: (row["affected_rows"], row["total_rows"], row["example"])
        for row in warehouse.query(f"from tracking_audit where check_name = '{check}'")
    }


def values(warehouse: Warehouse, metric: str) -> dict[str, float]:
    return {
        row["user_key"]: row["value"]
        for row in warehouse.query(f"from experiment_user_metrics where metric = '{metric}'")
    }


BUILT = ("run", "--select", "+tracking_audit", "+experiment_user_metrics")

NUMBERS = {
    "12.50": 12.5,
    " 15 ": 15,
    "\t16\n": 16,
    "1e2": 100,
    "1.5E-1": 0.15,
    "-30.00": -30,
    "+4": 4,
    ".5": 0.5,
    "7.": 7,
    # All but nothing: its square is below the smallest number.
    "1e-99": 0,
}
NO_NUMBERS = [
    *("1,234.50", "$20.00", "20 EUR", "1.234,50", "12,5", "(30.00)", "NaN", "inf", "-Infinity"),
    *("0x10", "1_000", "٣", "true", "1e400", "1e31", "1" + 250 * "0", "e99", "1e", ".", "--1"),
    *("1 000", "12.5.1", "9" * 101, "0." + 250 * "0" + "1e-99"),
]
NOTHING = ["", "  ", None]


@pytest.fixture(scope="module")
def money(tmp_path_factory) -> Warehouse:
    texts = [*NUMBERS, *NO_NUMBERS, *NOTHING]
    users = [f"u{number}" for number in range(len(texts))]
    orders = [
        raw(DAY + 16 * HOUR, 1000 + number, user, revenue=text, is_paid=number % 2 == 0)
        for number, (user, text) in enumerate(zip(users, texts, strict=True))
    ]
    numbers = [0.25, float("nan"), float("inf"), -1e31, 2e30, None]
    amounts = [
        raw(DAY + 16 * HOUR, 2000 + number, f"u{number}", amount=amount)
        for number, amount in enumerate(numbers)
    ]
    event = {"event": "order_completed", "covariate_days": 0}
    metrics = [
        {"name": "revenue", "type": "sum", "value": "revenue", **event},
        {"name": "orders", "type": "count", **event},
        {"name": "paid", "type": "sum", "value": "is_paid", **event},
        {"name": "unknown", "type": "sum", "value": "no_such_column", **event},
        {"name": "amount", "type": "sum", "event": "amounts", "value": "amount"},
    ]
    warehouse = world(
        tmp_path_factory.mktemp("money"),
        metrics,
        experiment_viewed=exposures(users),
        order_completed=orders,
        amounts=amounts,
    )
    warehouse.dbt(*BUILT)
    return warehouse


def test_a_text_is_a_number_or_it_is_none(money):
    expected = {f"u{number}": value for number, value in enumerate(NUMBERS.values()) if value}
    assert values(money, "revenue") == pytest.approx(expected)


def test_an_order_whose_value_is_no_number_is_an_order(money):
    assert set(values(money, "orders").values()) == {1}
    assert len(values(money, "orders")) == len(NUMBERS) + len(NO_NUMBERS) + len(NOTHING)


def test_what_is_no_number_is_counted_with_an_example(money):
    found = audit(money, "metric_value_unreadable")
    affected, total, example = found["revenue"]
    assert affected == len(NO_NUMBERS)
    assert total == len(NUMBERS) + len(NO_NUMBERS) + len(NOTHING)
    assert example == min(NO_NUMBERS)[:100]
    assert found["orders"][0] == 0
    # NaN, infinity, and what no amount is.
    assert found["amount"][:2] == (4, 6)
    # A boolean is no number, wherever it stands.
    assert found["paid"] == (total, total, "false")


def test_what_has_no_value_is_counted(money):
    found = audit(money, "metric_value_missing")
    assert found["revenue"][0] == len(NOTHING)
    assert found["amount"][0] == 1
    assert found["unknown"][0] == found["unknown"][1] > 0
    assert found["orders"][0] == 0


def test_a_date_says_nothing_about_the_hour_of_the_assignment(tmp_path):
    """30 of each arm bought in the morning, 20 in the evening; all saw the variant at 15:00."""
    users = [f"u{number}" for number in range(100)]
    bought = [
        raw(DAY + (9 if number < 60 else 20) * HOUR, 1000 + number, user)
        for number, user in enumerate(users)
    ]
    days = {
        "text": "2026-03-10",
        "midnight": DAY,
        "date": DAY.date(),
        "zoned": "2026-03-10T00:00:00+01:00",
        "unix": DAY.replace(tzinfo=dt.UTC).timestamp(),
    }
    tables = {
        f"exposed_by_{kind}": [
            row | {"experiment_id": kind, "assigned_at": day, "id": f"{kind}-{row['id']}"}
            for row in exposures(users)
        ]
        for kind, day in days.items()
    }
    warehouse = world(
        tmp_path,
        [{"name": "bought", "type": "conversion", "event": "bought"}],
        bought=bought,
        **tables,
    )
    warehouse.settings["exposure_events"] = [
        {"table": table, "experiment_id": "experiment_id", "variant": "variant"} for table in tables
    ]
    warehouse.dbt("run", "--select", "+tracking_audit", "+experiment_results")
    assigned = warehouse.query(
        "select distinct experiment_id, assigned_at, assigned_at_source "
        "from experiment_assignments order by all"
    )
    assert assigned == [
        {"experiment_id": kind, "assigned_at": DAY + 15 * HOUR, "assigned_at_source": "event"}
        for kind in sorted(days)
    ]
    totals = warehouse.query("from experiment_results where estimator = 'unadjusted'")
    assert len(totals) == 2 * len(days)
    assert {row["total"] for row in totals} == {20}
    found = warehouse.query(
        "select experiment_id, affected_rows from tracking_audit "
        "where check_name like 'assignment_time_%' and affected_rows > 0 order by all"
    )
    assert found == [{"experiment_id": kind, "affected_rows": 100} for kind in sorted(days)]
    assert audit(warehouse, "assignment_time_is_a_day").keys() == {None}


def test_a_day_before_the_exposure_ends_before_the_assignment_does(tmp_path):
    """Assigned on the 8th, seen on the 10th: what was bought on the 8th may be of before."""
    rows = exposures(["a", "b"], assigned_at="2026-03-08")
    # The day of a clock that is ahead, and a day that has not come.
    rows += [
        raw(DAY + 15 * HOUR, 10, "c", experiment_id=HERO, variant="blue", assigned_at="2026-03-11")
    ]
    bought = [
        raw(DAY - 2 * 24 * HOUR + 20 * HOUR, 20, "a"),
        raw(DAY - 24 * HOUR + HOUR, 21, "b"),
    ]
    warehouse = world(
        tmp_path,
        [{"name": "bought", "type": "conversion", "event": "bought"}],
        experiment_viewed=rows,
        bought=bought,
    )
    warehouse.dbt(*BUILT)
    assigned = {
        row["user_key"]: (row["assigned_at"], row["assigned_at_source"])
        for row in warehouse.query("from experiment_assignments")
    }
    end = DAY - 24 * HOUR - HOUR / 3600 / 1_000_000
    assert assigned == {
        "a": (end, "property"),
        "b": (end, "property"),
        "c": (DAY + 15 * HOUR, "event"),
    }
    assert values(warehouse, "bought") == {"a": 0, "b": 1}
    assert audit(warehouse, "assignment_time_is_a_day")[None][0] == 2
    assert audit(warehouse, "assignment_time_in_the_future")[None][0] == 1


def test_a_date_of_a_metric_is_the_end_of_its_day(tmp_path):
    """Orders at 21:00 after an exposure at 15:00, and one at 9:00; their tables say days only."""
    users = [f"u{number}" for number in range(40)]
    times = {
        "by_date": DAY.date(),
        "by_text": "2026-03-10",
        "by_midnight": DAY,
    }
    tables = {
        table: [
            raw(DAY + 21 * HOUR, number, user, ordered=day)
            for number, user in enumerate(users[:30])
        ]
        + [raw(DAY + 9 * HOUR, 99, users[30], ordered=day)]
        for table, day in times.items()
    }
    metrics = [
        {"name": table, "type": "conversion", "event": table, "timestamp": "ordered"}
        for table in times
    ]
    metrics.append({"name": "by_time", "type": "conversion", "event": "by_date"})
    warehouse = world(tmp_path, metrics, experiment_viewed=exposures(users), **tables)
    printed = warehouse.dbt("run", "--select", "+tracking_audit", "+experiment_user_metrics")
    told = [line for line in printed.splitlines() if "says days without a time" in line]
    assert len(told) == 1
    assert "by_date.ordered" in told[0]
    for metric in [*times, "by_time"]:
        found = {
            row["user_key"]: (row["value"], row["covariate"])
            for row in warehouse.query(f"from experiment_user_metrics where metric = '{metric}'")
        }
        assert found == dict.fromkeys(users[:30], (1, 0)) | {users[30]: (0, 1)}, metric
    days = audit(warehouse, "metric_time_is_a_day")
    assert {metric: found[:2] for metric, found in days.items()} == {
        **dict.fromkeys(times, (31, 31)),
        "by_time": (0, 31),
    }


def test_midnight_of_segments_own_clock_is_a_moment(tmp_path):
    rows = exposures(["a", "b"], DAY)
    bought = [raw(DAY, 20, "a"), raw(DAY + 24 * HOUR, 21, "b")]
    warehouse = world(
        tmp_path,
        [{"name": "bought", "type": "conversion", "event": "bought", "window_days": 1}],
        experiment_viewed=rows,
        bought=bought,
    )
    warehouse.dbt(*BUILT)
    assert values(warehouse, "bought") == {"a": 1}
    assert audit(warehouse, "metric_time_is_a_day")["bought"][0] == 0


def test_a_day_of_activity_is_its_end(tmp_path):
    """Assigned on the 10th at 15:00; a visit on the 11th lies in the second 24 hours."""
    warehouse = world(
        tmp_path,
        [{"name": "next_day", "type": "retention", "delay_days": 1, "window_days": 1}],
        ("visits",),
        experiment_viewed=[
            *exposures(["a", "b"]),
            raw(DAY + 240 * HOUR, 9, "c", experiment_id="x"),
        ],
        visits=[raw(DAY, 20, "a"), raw(DAY + 24 * HOUR, 21, "b")],
    )
    warehouse.execute(
        "alter table segment.visits drop received_at",
        'alter table segment.visits alter "timestamp" type date',
    )
    warehouse.dbt(
        "run", "--select", "+tracking_audit", "+experiment_user_metrics", "+experiment_retention"
    )
    assert values(warehouse, "next_day") == {"b": 1}
    retained = warehouse.query(
        "select variant, day, retained_users from experiment_retention "
        "where retention_type = 'bounded' and day < 3 and retained_users > 0 order by all"
    )
    assert [tuple(row.values()) for row in retained] == [("blue", 1, 1), ("control", 0, 1)]
    assert audit(warehouse, "metric_time_is_a_day")["next_day"][:2] == (2, 2)


WHITE = ["\t", "\n", " \r\n\t ", "\u00a0", "\u3000"]


def test_white_space_is_nobody(tmp_path):
    rows = exposures([*WHITE, "\tu1\n", "u2"])
    warehouse = world(tmp_path, [], experiment_viewed=rows)
    warehouse.dbt("run", "--select", "+tracking_audit")
    users = warehouse.query("select user_key from experiment_assignments order by all")
    assert [row["user_key"] for row in users] == ["u1", "u2"]
    [found] = audit(warehouse, "exposure_without_id").values()
    assert found[0] == len(WHITE)


def test_a_number_column_reads_the_same_whatever_its_type(tmp_path):
    """Variants 0, 1 and 1.5, and one that is longer than any integer."""
    written = {"0": "0", "1": "1", "1.5": "1.5", "12345678901234567890": "12345678901234567890"}
    rows = [
        raw(DAY, number, f"u{number}", experiment_id=HERO, variation=Decimal(text))
        for number, text in enumerate(written)
    ]
    for row in rows:
        row["variation"] = row["variation"].quantize(Decimal("1.000"))
    warehouse = world(tmp_path, [], experiment_viewed=rows)
    warehouse.settings["exposure_events"] = [
        {"table": "experiment_viewed", "experiment_id": "experiment_id", "variant": "variation"}
    ]
    warehouse.dbt("run", "--select", "+tracking_audit")
    variants = warehouse.query("select variant from experiment_assignments order by user_key")
    assert [row["variant"] for row in variants] == list(written.values())
    assert audit(warehouse, "variant_column_is_a_number")[None][0] == 1


# type of a column -> a unix time in it that is DAY + 14 hours, and what is no time
UNIX = int((DAY + 14 * HOUR).replace(tzinfo=dt.UTC).timestamp())
TIMES = {
    "bigint": ([UNIX, UNIX * 1000], [-(2**63), 2**63 - 1, 0]),
    "hugeint": ([UNIX, UNIX * 1000], [-(2**127) + 1, 2**126]),
    "decimal(18, 3)": ([UNIX, UNIX * 1000], ["999999999999999.999"]),
    "decimal(38, 0)": ([UNIX], [10**37]),
    "double": ([UNIX, UNIX * 1000], ["nan", "infinity", "-infinity", 1e300]),
    "varchar": (
        [
            UNIX,
            "2026-03-10 14:00:00",
            " 2026-03-10T14:00:00Z\n",
            f"{UNIX}000",
            "2026-03-10T15:00:00+01",
        ],
        [
            "infinity",
            "-infinity",
            "0000-01-01",
            "1e99",
            "1" + 250 * "0",
            "e99",
            "epoch",
            "now",
            "٣",
            "NaN",
        ],
    ),
    "timestamp": (["2026-03-10 14:00:00"], ["infinity", "-infinity", "290000-01-01", "0001-01-01"]),
    "timestamptz": (
        ["2026-03-10 14:00:00+00"],
        ["infinity", "-infinity", "0001-01-01 00:00:00+00"],
    ),
    "date": ([], ["infinity", "-infinity", "0001-01-01", "9999-12-31", "1000000-01-01"]),
}


AT = DAY + 15 * HOUR


@pytest.fixture(scope="module")
def timed(tmp_path_factory) -> Warehouse:
    """An exposure and a purchase of a user for each text, in tables of their own for each type."""
    tables = {}
    columns = {}
    for place, (kind, (times, no_times)) in enumerate(TIMES.items()):
        users = {f"{kind} {number}": text for number, text in enumerate([*times, *no_times])}
        viewed, bought = f"viewed_{place}", f"bought_{place}"
        tables[viewed] = [row | {"experiment_id": kind} for row in exposures(list(users), AT)]
        tables[bought] = [raw(AT, number, user) for number, user in enumerate(users)]
        columns |= {(viewed, "assigned_at"): (kind, users), (bought, "bought_at"): (kind, users)}
    places = range(len(TIMES))
    metrics = [
        {"name": kind.translate({40: 95, 41: 95, 44: None}), "type": "count"}
        | {"event": f"bought_{place}", "timestamp": "bought_at"}
        for place, kind in enumerate(TIMES)
    ]
    warehouse = world(tmp_path_factory.mktemp("timed"), metrics, **tables)
    warehouse.settings["exposure_events"] = [
        {"table": f"viewed_{place}", "experiment_id": "experiment_id", "variant": "variant"}
        for place in places
    ]
    for (table, column), (kind, users) in columns.items():
        warehouse.execute(
            f"alter table segment.{table} add column {column} {kind}",
            *[
                f"update segment.{table} set {column} = '{text}' where user_id = '{user}'"
                for user, text in users.items()
            ],
        )
    warehouse.dbt(*BUILT)
    return warehouse


@pytest.mark.parametrize("kind", TIMES)
def test_a_time_is_read_from_any_type_and_none_stops_the_run(timed, kind):
    times, no_times = TIMES[kind]
    users = [f"{kind} {number}" for number in range(len(times) + len(no_times))]
    assigned = {
        row["user_key"]: (row["assigned_at"], row["assigned_at_source"])
        for row in timed.query(f"from experiment_assignments where experiment_id = '{kind}'")
    }
    right = dict.fromkeys(users[: len(times)], (DAY + 14 * HOUR, "property"))
    assert assigned == right | dict.fromkeys(users[len(times) :], (AT, "event"))
    # Counted from the assignment on, at the same moment as it.
    metric = kind.translate({40: 95, 41: 95, 44: None})
    assert values(timed, metric) == dict.fromkeys(users[: len(times)], 1)
    missing = timed.query(
        "select affected_rows as n from tracking_audit "
        f"where check_name = 'assignment_time_missing' and experiment_id = '{kind}'"
    )
    assert missing == [{"n": len(no_times)}]
    lost = audit(timed, "metric_event_without_time")[metric]
    assert lost[:2] == (len(no_times), len(users))


def test_no_time_of_segment_stops_a_run(tmp_path):
    """Whatever stands in the time columns of a message, the others are analysed."""
    none = ["infinity", "-infinity", "0001-01-01", "9999-12-31 23:59:59", "290000-01-01"]
    users = [f"u{number}" for number in range(len(none) + 1)]
    rows = exposures(users)
    bought = [raw(DAY + 16 * HOUR, 100 + number, user) for number, user in enumerate(users)]
    warehouse = world(
        tmp_path,
        [{"name": "bought", "type": "count", "event": "bought"}],
        experiment_viewed=rows,
        bought=bought,
        identifies=[raw(DAY, 200 + number, user) for number, user in enumerate(users)],
    )
    for column in ("timestamp", "original_timestamp", "received_at"):
        for table in ("experiment_viewed", "bought", "identifies"):
            warehouse.execute(
                *[
                    f"insert into segment.{table} by name (select * replace ("
                    f"id || '{column}' as id, '{time}'::timestamp as \"{column}\") "
                    f"from segment.{table} where user_id = '{user}' and length(id) < 5)"
                    for user, time in zip(users, none, strict=False)
                ]
            )
    warehouse.dbt(*BUILT)
    assert values(warehouse, "bought")[users[-1]] == 1
    assert len(warehouse.query("from experiment_assignments where exclusion_reason is null")) >= 1
