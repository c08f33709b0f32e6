"""An experiment settles, and from then on rests: its rows never move again, whatever arrives.

Three experiments share users: `over` has a registered end, `quiet` ends with its last exposure, and
`open` goes on. Rows arrive in the order in which they are loaded, in steps; after each, dbt runs.
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections import defaultdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from tests.python.harness.mart_differences import GRAIN, assert_same, differences, read_marts
from tests.python.harness.warehouse import Warehouse

START = dt.datetime(2026, 1, 1)
END = START + dt.timedelta(days=14)
# The look-back of attribution, 30 days, is the longest wait; 14 days more, until midnight.
SETTLED = END + dt.timedelta(days=44)
METRICS = [
    {"name": "orders", "type": "count", "event": "order_completed", "window_days": 7},
    {"name": "revenue", "type": "sum", "event": "order_completed", "value": "revenue"},
    {"name": "week_1", "type": "retention", "delay_days": 7, "window_days": 7},
]
SETTINGS = {
    "metrics": METRICS,
    "activity": ["pages"],
    "funnels": [{"name": "buy", "steps": [{"event": "order_completed"}]}],
}
COLUMNS = {
    table: pa.schema(
        [(name, pa.string()) for name in ("id", "anonymous_id", "user_id", *texts)]
        + [(name, pa.timestamp("us")) for name in ("timestamp", "received_at", "loaded_at")]
        + [(name, pa.float64()) for name in numbers]
    )
    for table, texts, numbers in (
        ("experiment_viewed", ("experiment_id", "variant"), ()),
        ("order_completed", (), ("revenue",)),
        ("pages", (), ()),
        ("identifies", ("experiments_open", "experiments_over"), ()),
    )
}
# Adjusted for all comparisons of the table, those of experiments that go on included.
OF_ALL_PAIRS = {"p_value_bh", "dependence_p_value_bh", "effect_rank"}


def at(days: float) -> dt.datetime:
    return START + dt.timedelta(days=days)


def message(number: int, user: str, day: float, *, received: float | None = None, **fields) -> dict:
    """A message of a user, or of a visitor where the name begins with `a`; loaded when received."""
    came = at(day + 0.001 if received is None else received)
    ids = {"anonymous_id": user} if user.startswith("a") else {"user_id": user}
    return {
        **{"id": f"m{number}", **ids},
        **{"timestamp": at(day), "received_at": came, "loaded_at": came, **fields},
    }


class Source:
    """Raw tables to which rows are added.

    Args:
        warehouse: where to.
    """

    def __init__(self, warehouse: Warehouse) -> None:
        self.warehouse = warehouse
        self.number = 0
        self.rows: dict[str, list[dict]] = defaultdict(list)
        self.printed = ""  # by the last run

    def send(self, table: str, user: str, day: float, **fields: Any) -> None:
        """A message that is there at the next run; see message()."""
        self.number += 1
        self.rows[table].append(message(self.number, user, day, **fields))

    def run(self) -> None:
        """Load what was sent, and run dbt."""
        for table, rows in self.rows.items():
            self.warehouse.append(table, pa.Table.from_pylist(rows, COLUMNS[table]))
        self.rows.clear()
        self.printed = self.warehouse.dbt("run")

    def live(self, first_day: float, days: int) -> None:
        """What happens on some days: a new user of `open` on each, and old ones come back."""
        for day in range(days):
            now = first_day + day
            user = f"u{self.number}"
            self.send("experiment_viewed", user, now, experiment_id="open", variant="ab"[day % 2])
            self.send("order_completed", user, now + 0.2, revenue=float(day))
            self.send("pages", user, now + 0.3)
            # Half of them say another variant.
            self.send("identifies", user, now + 0.1, experiments_open="ab"[day // 2 % 2])


def copied(source: Source, folder: Path) -> Source:
    """A source in a folder of its own that has everything that another has."""
    warehouse = Warehouse(folder, dict(source.warehouse.settings))
    shutil.copy(source.warehouse.path, warehouse.path)
    copy = Source(warehouse)
    copy.number = source.number
    return copy


@pytest.fixture(scope="module")
def first_days(tmp_path_factory) -> Source:
    """The first twenty days, and a run of dbt; made once, to be copied."""
    warehouse = Warehouse(tmp_path_factory.mktemp("first_days"), SETTINGS)
    warehouse.register([("over", "a", START, END, "orders")], [])
    source = Source(warehouse)
    for number in range(40):
        user = f"u{number}" if number % 4 else f"a{number}"
        day, variant = number % 14, "ab"[number % 2]
        for experiment in ("over", "quiet", "open")[: 1 + number % 3]:
            source.send(
                *("experiment_viewed", user, day), experiment_id=experiment, variant=variant
            )
        if number % 3:
            source.send("order_completed", user, day + 1, revenue=float(number))
        source.send("pages", user, day + 7.5)
        traits = {"experiments_over": variant}
        if number % 3 == 2:
            traits["experiments_open"] = "ab"[number // 2 % 2]
        source.send("identifies", user, day + 0.1, **traits)
    source.live(14, 6)
    source.run()
    return source


@pytest.fixture
def source(first_days, tmp_path) -> Source:
    """The first twenty days, and a run of dbt."""
    return copied(first_days, tmp_path)


def full_refresh(source: Source, folder) -> Warehouse:
    """A warehouse that is built anew from the same raw data."""
    folder.mkdir()
    fresh = Warehouse(folder, source.warehouse.settings)
    fresh.path.unlink()
    source.warehouse.copy_raw_to(fresh.path)
    fresh.dbt("run")
    return fresh


def computed(source: Source) -> set[str]:
    """The experiments that the last run has computed; none when it left all as it was."""
    if "nothing arrived and nothing changed" in source.printed:
        return set()
    rows = source.warehouse.query("from analytics_staging.int_experiments_to_compute")
    return {row["experiment_id"] for row in rows}


def rows_of(warehouse: Warehouse, *experiments: str) -> dict[str, pa.Table]:
    """The rows of experiments in all marts; of pairs, those between them."""
    names = ", ".join(f"'{experiment}'" for experiment in experiments)
    found = {}
    for mart in GRAIN.keys() - {"identity_map"}:
        pairs = mart == "experiment_interactions"
        columns = ["experiment_a", "experiment_b"] if pairs else ["experiment_id"]
        condition = " and ".join(f"{column} in ({names})" for column in columns)
        table = warehouse.query_table(f"from {mart} where {condition}")
        found[mart] = table.drop_columns(list(OF_ALL_PAIRS & set(table.column_names)))
    assert all(found[mart].num_rows for mart in ("experiment_results", "experiment_funnel"))
    return found


def test_what_settles_between_two_runs_is_what_a_full_refresh_finds_then(source, tmp_path):
    source.live(20, 35)
    source.run()
    assert computed(source) == {"over", "quiet", "open"}
    # Late, but before it settled.
    source.send("order_completed", "u2", 5, received=57.5, revenue=7.0)
    source.live(55, 10)
    source.run()
    settled = {row["experiment_id"]: row for row in source.warehouse.query("from experiments")}
    assert {name for name, row in settled.items() if row["is_settled"]} == {"over", "quiet"}
    assert settled["over"]["settled_at"] == SETTLED
    [last] = source.warehouse.query(
        "select max(received_at) as at from segment.experiment_viewed where experiment_id = 'quiet'"
    )
    assert dt.timedelta(days=44) <= settled["quiet"]["settled_at"] - last["at"]
    assert settled["quiet"]["settled_at"] - last["at"] < dt.timedelta(days=45)
    [late] = source.warehouse.query("""
        select value from experiment_user_metrics
        where user_key = 'u2' and metric = 'revenue' and experiment_id = 'over'
    """)
    assert late["value"] == 2.0 + 7.0
    assert_same(
        read_marts(source.warehouse.path), read_marts(full_refresh(source, tmp_path / "f").path)
    )


def test_users_change_the_variant_while_others_rest(source, tmp_path):
    """The last variant counts, so what was kept of its users begins before their assignment."""
    source.warehouse.settings |= {"multiple_variant_policy": "last"}
    source.live(20, 45)
    source.run()
    for row in source.warehouse.query(
        "select distinct user_id from segment.experiment_viewed "
        "where experiment_id = 'open' and user_id is not null"
    ):
        source.send("experiment_viewed", row["user_id"], 65.5, experiment_id="open", variant="c")
    source.live(66, 1)
    source.run()
    source.live(67, 1)
    source.run()
    assert computed(source) == {"open"}
    found, expected = (
        {
            name: table.filter(pc.field("experiment_id") == "open")
            for name, table in read_marts(warehouse.path).items()
            if "experiment_id" in table.column_names
        }
        for warehouse in (source.warehouse, full_refresh(source, tmp_path / "f"))
    )
    assert_same(found, expected)


@pytest.fixture(scope="module")
def all_days(first_days, tmp_path_factory) -> Source:
    """`over` and `quiet` have settled; made once, to be copied."""
    source = copied(first_days, tmp_path_factory.mktemp("all_days"))
    source.live(20, 45)
    source.run()
    return source


@pytest.fixture
def settled(all_days, tmp_path) -> Source:
    """`over` and `quiet` have settled."""
    return copied(all_days, tmp_path)


def test_a_settled_experiment_never_moves_again(settled, tmp_path):
    before = rows_of(settled.warehouse, "over", "quiet")
    # Exposures, conversions and activity of its users that come late, and a login that makes a user
    # of a visitor, and of two visitors one.
    for experiment in ("over", "quiet"):
        settled.send(
            *("experiment_viewed", "u1", 3), received=70, experiment_id=experiment, variant="a"
        )
    settled.send("order_completed", "u1", 2, received=70, revenue=1000.0)
    settled.send("pages", "u1", 9.5, received=70)
    for visitor in ("a0", "a4"):
        settled.send("identifies", visitor, 70, user_id="somebody")
    settled.live(65, 10)
    settled.run()
    assert computed(settled) == {"open"}
    after = rows_of(settled.warehouse, "over", "quiet")
    # The audit of messages says what came, and that is not of the experiment's results.
    before.pop("tracking_audit"), after.pop("tracking_audit")
    assert_same(after, before)
    fresh = full_refresh(settled, tmp_path / "f")
    assert_same(rows_of(settled.warehouse, "open"), rows_of(fresh, "open"))
    # Identities are the only thing that a full refresh sees otherwise.
    again = rows_of(fresh, "over", "quiet")
    again.pop("tracking_audit")
    assert {one.mart for one in differences(again, before)} >= {"experiment_assignments"}
    keys = [
        {row["user_key"] for row in rows["experiment_assignments"].to_pylist()}
        for rows in (before, again)
    ]
    assert keys[0] - keys[1] == {"a0", "a4"}
    assert keys[1] - keys[0] == {"somebody"}
    audit = settled.warehouse.query("""
        select experiment_id, affected_rows, example from tracking_audit
        where check_name = 'exposure_after_settled' and affected_rows > 0
    """)
    assert {row["experiment_id"]: row["affected_rows"] for row in audit} == {"over": 1, "quiet": 1}
    [over] = [row for row in audit if row["experiment_id"] == "over"]
    assert over["example"] == "settled on 2026-02-28"
    # Twice changes nothing.
    marts = read_marts(settled.warehouse.path)
    settled.run()
    assert computed(settled) == set()
    assert_same(read_marts(settled.warehouse.path), marts)


def test_a_registry_row_computes_its_experiment_only(settled, tmp_path):
    before = rows_of(settled.warehouse, "quiet")
    settled.warehouse.register([("over", "a", START, at(10), "orders")], [])
    settled.run()
    assert computed(settled) == {"over"}
    assert_same(rows_of(settled.warehouse, "quiet"), before)
    fresh = full_refresh(settled, tmp_path / "f")
    for experiment in ("over", "open"):
        assert_same(rows_of(settled.warehouse, experiment), rows_of(fresh, experiment))
    # What is shown only computes nothing.
    settled.warehouse.execute("update analytics_staging.registry_experiments set owner = 'me'")
    settled.run()
    assert computed(settled) == set()
    [row] = settled.warehouse.query("from experiments where experiment_id = 'over'")
    assert row["owner"] == "me"


def test_a_suppressed_person_leaves_settled_experiments(settled, tmp_path):
    settled.warehouse.suppress({"user_id": "u1"})
    settled.run()
    [user] = settled.warehouse.query("""
        select count(*) as n from experiment_assignments where user_key = 'u1'
    """)
    assert user["n"] == 0
    assert computed(settled) == {"over", "quiet"}
    fresh = full_refresh(settled, tmp_path / "f")
    assert_same(read_marts(settled.warehouse.path), read_marts(fresh.path))
    settled.warehouse.suppress()
    settled.run()
    assert computed(settled) == {"over", "quiet"}
    back = full_refresh(settled, tmp_path / "g")
    assert_same(read_marts(settled.warehouse.path), read_marts(back.path))


def test_a_part_under_another_registry_is_made_good(settled, tmp_path):
    """Somebody tries other dates on a part of the models, and sets them back."""
    settled.live(65, 1)
    settled.run()
    right = read_marts(settled.warehouse.path)
    settled.warehouse.register([("over", "a", at(5), END, "orders")], [])
    parts = ("int_experiments_to_compute", "experiment_assignments+")
    settled.warehouse.dbt("run", "--select", "stg_registry__experiments", *parts)
    settled.warehouse.register([("over", "a", START, END, "orders")], [])
    settled.run()
    assert_same(read_marts(settled.warehouse.path), right)


def test_nothing_settles_without_the_setting(source):
    source.warehouse.settings["settle_days"] = None
    source.live(20, 100)
    source.run()
    assert not any(row["is_settled"] for row in source.warehouse.query("from experiments"))
    assert source.warehouse.query("from experiments where settled_at is not null") == []
    source.live(180, 1)
    source.send("experiment_viewed", "u1", 3, received=120, experiment_id="quiet", variant="a")
    source.run()
    assert computed(source) == {"over", "quiet", "open"}
    long = source.warehouse.query("""
        select experiment_id from tracking_audit
        where check_name = 'experiment_open_for_long' and affected_rows > 0 and total_rows = 1
    """)
    assert {row["experiment_id"] for row in long} == {"over", "quiet", "open"}


def test_old_data_that_is_loaded_after_the_end_counts(tmp_path):
    """A history that is imported when all is over is there to be analysed."""
    warehouse = Warehouse(tmp_path, SETTINGS)
    warehouse.register([("over", "a", START, END, "orders")], [])
    source = Source(warehouse)
    for number in range(8):
        variant = "ab"[number % 2]
        source.send(
            *("experiment_viewed", f"u{number}", number),
            **{"received": 200, "experiment_id": "over", "variant": variant},
        )
    source.run()
    [row] = warehouse.query("from experiments")
    assert (row["users"], row["is_settled"], row["status"]) == (8, False, "concluded")
