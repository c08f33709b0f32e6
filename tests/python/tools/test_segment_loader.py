"""The loader of the end-to-end tests applies Segment's warehouse rules."""

import csv
import datetime as dt

import pytest

from tests.python.harness.needed import real_data
from tests.python.harness.warehouse import Warehouse
from tests.python.tools.segment_loader import Loader, Rules, column_name

AT = dt.datetime(2026, 3, 1, 12)


def message(name: str, kind: str = "track", at: dt.datetime = AT, **fields) -> dict:
    time = at.isoformat() + "Z"
    return {
        **{"messageId": name, "type": kind, "anonymousId": "a", "event": "Experiment Viewed"},
        **{"originalTimestamp": time, "sentAt": time, "receivedAt": time},
        **fields,
    }


def viewed(name: str, at: dt.datetime = AT, **properties) -> dict:
    return message(name, at=at, properties=properties)


@pytest.fixture
def load(tmp_path_factory):
    def load(*batches: list[dict], rules: Rules | None = None) -> Warehouse:
        warehouse = Warehouse(tmp_path_factory.mktemp("loader"))
        warehouse.execute("create schema analytics")
        loader = Loader(warehouse, rules)
        for number, batch in enumerate(batches):
            loader.load(batch, AT + dt.timedelta(hours=number + 1))
        return warehouse

    return load


def values(warehouse: Warehouse, column: str, table: str = "experiment_viewed") -> list:
    rows = warehouse.query(f'select "{column}" as value from segment.{table} order by id')
    return [row["value"] for row in rows]


def columns(warehouse: Warehouse, table: str = "experiment_viewed") -> dict[str, str]:
    rows = warehouse.query(f"describe segment.{table}")
    return {row["column_name"]: row["column_type"] for row in rows}


def test_names_are_segments(load):
    with real_data("segment_column_names.csv").open() as file:
        vectors = [
            row
            for row in csv.DictReader(file)
            if row["implementation"] in ("segment", "segment-derived")
        ]
    names = [row for row in vectors if row["kind"] in ("name", "event_table")]
    assert len(names) > 80
    assert [column_name(row["input"]) for row in names] == [row["expected_output"] for row in names]

    paths = {
        row["input"]: row["expected_output"] for row in vectors if row["kind"].endswith("path")
    }
    sent = {"context": {}, "traits": {}, "properties": {}}
    for path in paths:
        *parents, last = path.split(".")
        leaf = sent
        for parent in parents:
            leaf = leaf.setdefault(parent, {})
        leaf[last] = "x"
    warehouse = load(
        [
            message("m1", properties=sent["properties"], context=sent["context"]),
            message("m2", "identify", traits=sent["traits"]),
        ]
    )
    landed = columns(warehouse).keys() | columns(warehouse, "identifies").keys()
    assert len(paths) >= 5
    assert set(paths.values()) <= landed


def test_a_track_is_in_two_tables_and_its_properties_in_one(load):
    warehouse = load([viewed("m1", experimentId="e")])
    assert values(warehouse, "event_text", "tracks") == ["Experiment Viewed"]
    assert values(warehouse, "experiment_id") == ["e"]
    assert "experiment_id" not in columns(warehouse, "tracks")


def test_a_column_exists_with_its_first_value(load):
    warehouse = load([viewed("m1", variant=None)], [viewed("m2", variant="blue")])
    assert values(warehouse, "variant") == [None, "blue"]
    assert "variant" not in columns(load([viewed("m1", variant=None)]))


@pytest.mark.parametrize(
    ("first", "kind"),
    [
        *[(1, "BIGINT"), (0.5, "DOUBLE"), (True, "BOOLEAN"), ("1", "VARCHAR")],
        ("2026-03-01T11:00:00.000Z", "TIMESTAMP"),
    ],
)
def test_the_first_value_makes_the_type(load, first, kind):
    assert columns(load([viewed("m1", variant=first)]))["variant"] == kind


@pytest.mark.parametrize(("other_type", "left"), [("null", [1, None, 2]), ("lost", [1, 2])])
def test_a_value_of_another_type_does_not_fit(load, other_type, left):
    batches = [[viewed("m1", variant=1)], [viewed("m2", variant="blue"), viewed("m3", variant=2)]]
    assert values(load(*batches, rules=Rules(other_type=other_type)), "variant") == left


def test_open_questions_are_one_rule_each(load):
    sent = [
        viewed("m1", timestamp="x", tags=["a", "b"], note="long", at_text="2026-03-01T11:00:00Z")
    ]
    warehouse = load(
        sent, rules=Rules(reserved="prefixed", arrays="brackets", time_text="text", longest_text=2)
    )
    assert values(warehouse, "_timestamp") == ["x"]
    assert values(warehouse, "note") == ["lo"]
    assert values(warehouse, "tags") == ["[a"]
    assert columns(warehouse)["at_text"] == "VARCHAR"


def test_arrays_are_text_and_reserved_names_are_dropped(load):
    warehouse = load([viewed("m1", timestamp="x", tags=["a", "b"])])
    assert values(warehouse, "tags") == ['["a","b"]']
    assert values(warehouse, "timestamp") == [AT]
    assert "_timestamp" not in columns(warehouse)


def test_a_message_is_dropped_when_it_comes_again_within_a_day_and_not_later(load):
    soon, late = AT + dt.timedelta(hours=23), AT + dt.timedelta(hours=25)
    assert values(load([viewed("m1")], [viewed("m1", at=soon)]), "id") == ["m1"]
    assert values(load([viewed("m2")], [viewed("m2", at=late)]), "id") == ["m2", "m2"]


def test_time_is_corrected_by_the_error_of_the_client(load):
    wrong = {"originalTimestamp": "2020-01-01T00:00:00Z", "sentAt": "2020-01-01T00:00:05Z"}
    warehouse = load([message("m1", **wrong)])
    assert values(warehouse, "timestamp") == [AT - dt.timedelta(seconds=5)]


def test_users_have_their_latest_traits(load):
    warehouse = load(
        [
            message(
                "m1", "identify", userId="u", traits={"plan": "free", "experiments": {"a-b": "x"}}
            )
        ],
        [message("m2", "identify", userId="u", traits={"plan": "pro"})],
    )
    assert warehouse.query("select id, plan, experiments_a_b from segment.users") == [
        {"id": "u", "plan": "pro", "experiments_a_b": "x"}
    ]
