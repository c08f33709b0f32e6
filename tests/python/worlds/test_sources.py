"""A world that is cut into several sources gives what it gives in one."""

from __future__ import annotations

import contextlib
import datetime as dt
import re

import duckdb
import pytest

from tests.python.harness.dbt_process import kept_dbt
from tests.python.harness.demo import generated_world
from tests.python.harness.mart_differences import BEHIND_MARTS, assert_same, read_marts
from tests.python.harness.warehouse import DbtError, Warehouse

SOURCES = [
    {"name": "web"},
    {"name": "ios", "schema": "ios_prod"},
    {"name": "server"},
]
TOLD = "computes everything"
# Where a row landed. The copies of a message are in one source; people and their orders cross them.
OF_DEVICES = (
    "case when hash(coalesce(anonymous_id, user_id)) % 3 = 0 then 'ios_prod' else 'web' end"
)
OF_MESSAGES = "['web', 'ios_prod', 'server'][1 + (hash(id) % 3)::int]"
PLACES = {"order_completed": "'server'", "identifies": OF_MESSAGES, "aliases": OF_MESSAGES}
# The server begins to send in the middle.
LATE = "timestamp '2026-09-20'"


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> Warehouse:
    """The demo's world in one schema, built."""
    warehouse = generated_world(tmp_path_factory.mktemp("one"), users=3000, seed=5)
    warehouse.dbt("seed")
    warehouse.dbt("run")
    return warehouse


def add(world: Warehouse, warehouse: Warehouse, **conditions: str) -> None:
    """Add raw rows of the world to a warehouse.

    Args:
        world: in one schema.
        warehouse: in which a table is made where it has rows.
        conditions: SQL, which of the rows of a schema.
    """
    with duckdb.connect(str(warehouse.path)) as connection:
        connection.execute(f"attach '{world.path}' as world (read_only)")
        for [table] in connection.execute("""
            select table_name from duckdb_tables()
            where
                database_name = 'world' and schema_name = 'segment' and table_name <> 'users'
        """).fetchall():
            for schema, condition in conditions.items():
                place = PLACES.get(table, OF_DEVICES)
                rows = f"from world.segment.{table} where {place} = '{schema}' and ({condition})"
                if connection.execute(f"select count(*) {rows}").fetchall() == [(0,)]:
                    continue
                connection.execute(f"create schema if not exists {schema}")
                target = f"{schema}.{table}"
                connection.execute(
                    f"create table if not exists {target} as from world.segment.{table} limit 0"
                )
                connection.execute(f"insert into {target} select * {rows}")


def marts(warehouse: Warehouse) -> dict:
    """What users see; the tables behind it know the sources."""
    return {
        name: rows for name, rows in read_marts(warehouse.path).items() if name not in BEHIND_MARTS
    }


def test_one_schema_and_three_give_the_same_marts(world, tmp_path):
    warehouse = Warehouse(tmp_path, {"segment_sources": SOURCES})
    add(world, warehouse, web="true", ios_prod="true", server="true")
    warehouse.dbt("seed")
    warehouse.dbt("run")
    assert_same(marts(warehouse), marts(world))
    [crossing] = warehouse.query("""
        select
            (
                select count(*) from web.experiment_viewed
                semi join server.order_completed using (user_id)
            ) as orders,
            (
                select count(*) from web.pages
                semi join ios_prod.identifies using (anonymous_id)
            ) as logins,
            (
                select count(*) from duckdb_tables() where table_name = 'order_completed'
            ) as tables
    """)
    assert min(crossing["orders"], crossing["logins"]) > 100
    assert crossing["tables"] == 1


def test_a_source_that_appears_later_is_an_increment(world, tmp_path):
    warehouse = Warehouse(tmp_path, {"segment_sources": SOURCES[:2]})
    add(world, warehouse, web=f"received_at < {LATE}", ios_prod=f"received_at < {LATE}")
    warehouse.dbt("seed")
    warehouse.dbt("run")
    # It is named before it has a schema.
    warehouse.settings["segment_sources"] = SOURCES
    printed = warehouse.dbt("run")
    assert TOLD not in printed
    assert "segment_sources: server: there is no schema server" in printed
    late = f"received_at >= {LATE}"
    add(world, warehouse, web=late, ios_prod=late, server="true")
    assert TOLD not in warehouse.dbt("run")
    assert_same(marts(warehouse), marts(world))


# ------------------------------------------------------------------------ a few rows


AT = dt.datetime(2026, 3, 10, 12)
SHOP = [{"name": "web"}, {"name": "app"}]
METRICS = [
    {"name": "bought", "type": "sum", "event": "order_completed", "value": "revenue"},
    {"name": "bought_in_app", "type": "count", "event": "order_completed", "source": "app"},
    {"name": "came_back", "type": "retention", "window_days": 7, "mature_only": False},
]


def message(number: int, user: str, hours: float = 0, **fields) -> dict:
    """A row of a Segment table."""
    at = AT + dt.timedelta(hours=hours)
    return {"id": f"m{number}", "user_id": user, "timestamp": at, "received_at": at, **fields}


def shop(folder, **settings) -> Warehouse:
    """Users who are exposed on the web and buy in the app, where ids and types are others."""
    warehouse = Warehouse(
        folder,
        {
            "segment_sources": SHOP,
            "metrics": METRICS,
            "funnels": [],
            "activity": ["pages"],
            **settings,
        },
    )
    warehouse.register([], [])
    exposures = [
        message(number, f"u{number}", experiment_id="hero", variant=str(number % 2 + 1))
        for number in range(4)
    ]
    warehouse.load("experiment_viewed", exposures, schema="web")
    # The same ids as on the web, in another source; the variant is a number there.
    others = [
        message(number, f"v{number}", experiment_id="hero", variant=float(number % 2 + 1))
        for number in range(4)
    ]
    warehouse.load("experiment_viewed", [*others, others[0]], schema="app")
    warehouse.load("order_completed", [message(9, "u0", 1, revenue="10.5")], schema="web")
    orders = [message(9, "u0", 2, revenue=4.0), message(9, "u0", 2, revenue=4.0)]
    warehouse.load("order_completed", orders, schema="app")
    # Only the app has screens, and only the web has pages.
    warehouse.load("pages", [message(20, "u1", 100)], schema="web")
    return warehouse


def test_what_differs_between_sources(tmp_path):
    warehouse = shop(tmp_path)
    warehouse.dbt("run", "--select", "+experiment_user_metrics", "+tracking_audit")
    assert {
        (row["user_key"], row["variant"], row["exposures"])
        for row in warehouse.query("from experiment_assignments")
    } == {(f"{kind}{number}", str(number % 2 + 1), 1) for kind in "uv" for number in range(4)}
    assert {
        (row["user_key"], row["metric"]): row["value"]
        for row in warehouse.query("from experiment_user_metrics")
    } == {("u0", "bought"): 14.5, ("u0", "bought_in_app"): 1, ("u1", "came_back"): 1}
    [copies] = warehouse.query("from tracking_audit where check_name = 'redelivered_exposure'")
    assert (copies["affected_rows"], copies["total_rows"]) == (1, 9)


def test_a_source_that_lies_elsewhere_or_is_gone_is_read_anew(tmp_path):
    warehouse = shop(tmp_path)
    warehouse.dbt("run", "--select", "+int_processed_arrivals")
    for table in ("experiment_viewed", "order_completed"):
        warehouse.execute(
            "create schema if not exists app_new",
            f"create table app_new.{table} as from app.{table} limit 2",
        )
    moved = [{"name": "web"}, {"name": "app", "schema": "app_new"}]
    printed = warehouse.dbt(
        "run", "--select", "+int_processed_arrivals", settings={"segment_sources": moved}
    )
    assert f"{TOLD}, because a source of Segment is gone or lies elsewhere" in printed
    assert warehouse.query("select count(*) as n from experiment_assignments") == [{"n": 6}]
    alone = {"segment_sources": SHOP[:1], "metrics": METRICS[:1]}
    printed = warehouse.dbt("run", "--select", "+int_processed_arrivals", settings=alone)
    assert "a source of Segment is gone or lies elsewhere" in printed
    assert warehouse.query("select count(*) as n from experiment_assignments") == [{"n": 4}]


def test_the_short_form_is_a_list_of_schemas(tmp_path):
    warehouse = shop(tmp_path, segment_sources=[], segment_schema=["web", "app"])
    warehouse.dbt("run", "--select", "+experiment_assignments")
    assert warehouse.query("select count(*) as n from experiment_assignments") == [{"n": 8}]


def test_an_entry_reads_one_source(tmp_path):
    app = {"table": "experiment_viewed", "source": "app", "experiment_id": "experiment_id"}
    warehouse = shop(
        tmp_path, exposure_events=[app], activity=[{"event": "pages", "source": "app"}]
    )
    warehouse.dbt("run", "--select", "+experiment_user_metrics")
    assert {row["user_key"] for row in warehouse.query("from experiment_assignments")} == {
        "v0",
        "v1",
        "v2",
        "v3",
    }
    assert warehouse.query("from experiment_user_metrics where metric = 'came_back'") == []


def test_check_setup_knows_the_sources(tmp_path):
    printed = shop(tmp_path).dbt("--quiet", "run-operation", "check_setup")
    assert "In warehouse.web there are 3 tables." in printed
    assert "In warehouse.app there are 2 tables." in printed
    assert "experiment_viewed (web, app): 9 rows" in printed
    assert "pages (web): 1 rows" in printed
    assert "- {name: app, schema: app, database: warehouse}" in printed


def test_freshness_is_that_of_what_is_configured_and_exists(tmp_path):
    now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
    warehouse = Warehouse(
        tmp_path,
        {
            "segment_sources": SHOP,
            "exposure_events": [{"table": "exposed", "variant": "arm"}, {"table": "not_there"}],
            "activity": ["pages"],
        },
    )

    def freshness() -> str:
        with contextlib.suppress(DbtError):
            warehouse.dbt("source", "freshness")
        return kept_dbt().printed

    # Segment has made nothing yet.
    printed = freshness()
    assert printed.count("PASS freshness") == 2

    def arrived(hours: float) -> list[dict]:
        at = now - dt.timedelta(hours=hours)
        return [{"id": "m", "user_id": "u", "arm": "a", "timestamp": at, "received_at": at}]

    warehouse.load("exposed", arrived(30), schema="web")
    warehouse.load("exposed", arrived(2), schema="app")
    warehouse.load("pages", arrived(30), schema="web")
    printed = freshness()
    assert re.search("PASS freshness of .*exposure_events", printed)
    assert re.search("WARN freshness of .*messages", printed)
    assert "the newest message of the source web arrived 30 hours ago." in printed
    assert "the newest message of the source app arrived 2 hours ago." in printed
    warehouse.load("exposed", arrived(24 * 50), schema="app")
    printed = freshness()
    assert re.search("WARN freshness of .*exposure_events", printed)
    assert re.search("ERROR STALE freshness of .*messages", printed)
    assert "the newest message of the source app arrived 50 days ago." in printed
    # A table that the settings do not name may be silent for as long as it likes.
    warehouse.load("exposed", arrived(1), schema="app")
    warehouse.load("aliased", arrived(24 * 50), schema="app")
    assert not re.search("ERROR", freshness())
