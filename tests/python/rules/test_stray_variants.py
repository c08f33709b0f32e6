"""A variant that hardly anybody has is set aside, where the registry does not list the variants."""

import datetime as dt

import pyarrow as pa
import pytest

from tests.python.harness.mart_differences import assert_same, read_marts
from tests.python.harness.warehouse import Warehouse

AT = dt.datetime(2026, 9, 1, 12)
SETTINGS = {
    "metrics": [{"name": "bought", "type": "conversion", "event": "purchased"}],
    "activity": [],
    "funnels": [],
}
# experiment -> variant -> users
FIRST = {
    "two-arms": {"a": 1000, "b": 1000, "junk": 2},
    # Too few to tell.
    "small": {"a": 60, "b": 60, "junk": 1},
    # 0.5 % is a tenth of an equal share of 20 arms; six of 1010 are more, four are less.
    "many-arms": {f"arm-{number:02}": 50 for number in range(20)} | {"rare": 6, "junk": 4},
    # A release to few people has one large arm only.
    "canary": {"off": 995, "on": 5},
    # The registry says which one is the control.
    "small-control": {"a": 600, "b": 600, "base": 3},
    # The registry lists the variants, and what it lists counts however small it is.
    "listed": {"a": 600, "b": 600, "c": 3, "junk": 3},
    # Each in a variant of their own.
    "garbage": {"a": 150, "b": 150} | {f"{number}x": 1 for number in range(40)},
}
STRAYS = {
    *(("two-arms", "junk"), ("many-arms", "junk"), ("listed", "junk")),
    *(("garbage", f"{number}x") for number in range(40)),
}
# What comes a day later: one ceases to be a stray, one becomes one.
LATER = {"two-arms": {"junk": 30}, "small": {"a": 100, "b": 100}}


def exposures(users: dict[str, dict[str, int]], day: int) -> pa.Table:
    at = AT + dt.timedelta(days=day)
    rows = [
        {"experiment_id": experiment, "variant": variant, "user_id": f"{variant} {day} {number}"}
        for experiment, variants in users.items()
        for variant, count in variants.items()
        for number in range(count)
    ]
    times = dict.fromkeys(("original_timestamp", "timestamp", "received_at", "loaded_at"), at)
    return pa.Table.from_pylist(
        [row | times | {"id": f"{day} {number}"} for number, row in enumerate(rows)]
    )


def strays(warehouse: Warehouse) -> set[tuple[str, str]]:
    rows = warehouse.query("""
        select experiment_id, variant, min(exclusion_reason) as reason, count(*) as users,
            count(exclusion_reason) as excluded
        from experiment_assignments group by experiment_id, variant
    """)
    # All users of a variant share its fate.
    assert all(row["excluded"] in (0, row["users"]) for row in rows)
    assert {row["reason"] for row in rows} == {None, "unknown_variant"}
    return {(row["experiment_id"], row["variant"]) for row in rows if row["reason"]}


@pytest.fixture(scope="module")
def grown(tmp_path_factory) -> tuple[Warehouse, dict]:
    warehouse = Warehouse(tmp_path_factory.mktemp("strays"), SETTINGS)
    warehouse.append("experiment_viewed", exposures(FIRST, 0))
    warehouse.append(
        "purchased",
        exposures({"x": {"junk": 2, "a": 5}}, 0).select(
            ["id", "user_id", "original_timestamp", "timestamp", "received_at", "loaded_at"]
        ),
    )
    warehouse.register(
        [("small-control", "base"), ("listed", "a")],
        [("listed", variant, None) for variant in "abc"],
    )
    warehouse.dbt("run")
    queries = {
        "strays": None,
        "arms": "select experiment_id, variants from experiments",
        "ratio": "select status, value from experiment_health "
        "where experiment_id = 'two-arms' and check_name = 'sample_ratio_mismatch'",
        "audit": "select affected_rows from tracking_audit "
        "where experiment_id = 'two-arms' and check_name = 'user_in_unknown_variant'",
    }
    first = {name: warehouse.query(sql) for name, sql in queries.items() if sql}
    first["strays"] = strays(warehouse)
    warehouse.append("experiment_viewed", exposures(LATER, 1))
    first["printed"] = warehouse.dbt("run")
    return warehouse, first


def test_a_variant_that_hardly_anybody_has_is_set_aside(grown):
    _, first = grown
    assert first["strays"] == STRAYS


def test_it_spoils_nothing_and_is_told(grown):
    _, first = grown
    arms = {row["experiment_id"]: row["variants"] for row in first["arms"]}
    assert (arms["two-arms"], arms["canary"], arms["garbage"]) == ("a, b", "off, on", "a, b")
    [ratio] = first["ratio"]
    # 1000 and 1000 are even.
    assert (ratio["status"], ratio["value"]) == ("pass", pytest.approx(1))
    assert [row["affected_rows"] for row in first["audit"]] == [2]


def test_an_increment_follows_a_variant_in_and_out(grown, tmp_path):
    warehouse, first = grown
    assert "computes everything" not in first["printed"]
    # Of 2032, and of 321.
    assert strays(warehouse) == STRAYS - {("two-arms", "junk")} | {("small", "junk")}
    fresh = Warehouse(tmp_path, SETTINGS)
    warehouse.copy_raw_to(fresh.path)
    fresh.dbt("run")
    assert_same(read_marts(warehouse.path), read_marts(fresh.path))
