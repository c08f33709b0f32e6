"""check_setup says what is in the warehouse, and what it prints works when it is pasted."""

import csv
import io

import pytest
import yaml

from tests.python.harness.warehouse import Warehouse

HERO = "home-hero-title-2026-03"
TIMES = {
    "received_at": "2026-03-10 12:00:05",
    "timestamp": "2026-03-10 12:00:00",
    "original_timestamp": "2026-03-10 12:00:00",
}


def exposures(experiment: str, variants: dict[str, int], **columns: object) -> list[dict]:
    """So many assignments to each variant."""
    return [
        {
            "id": f"{experiment}-{variant}-{number}",
            "anonymous_id": f"a-{experiment}-{variant}-{number}",
            "event": "experiment_viewed",
            "experiment_id": experiment,
            "variant": variant,
            **TIMES,
            **columns,
        }
        for variant, count in variants.items()
        for number in range(count)
    ]


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory) -> Warehouse:
    warehouse = Warehouse(tmp_path_factory.mktemp("setup"))
    warehouse.load(
        "experiment_viewed",
        exposures(
            HERO, {"control": 150, "blue, light": 160, "preview": 1}, assigned_at=TIMES["timestamp"]
        )
        + exposures("Number Test", {"1": 20, "2": 20}, assigned_at=None),
    )
    warehouse.load(
        "feature",
        [
            {**row, "key": "flag-a-b-2026-03", "value": "on", "reason_kind": "FALLTHROUGH"}
            for row in exposures("x", {"on": 3})
        ],
    )
    warehouse.load(
        "order_completed",
        [{"id": "o", "user_id": "u", "event": "order_completed", "revenue": 3.5, **TIMES}],
    )
    warehouse.load("experiment_viewed_view", exposures("seen-in-a-view-2026-03", {"a": 1}))
    warehouse.load(
        "identifies",
        [{"id": "i", "user_id": "u", f"experiments_{HERO.replace('-', '_')}": "control", **TIMES}],
    )
    return warehouse


@pytest.fixture(scope="module")
def printed(warehouse) -> str:
    return warehouse.dbt("--quiet", "run-operation", "check_setup")


def rows(printed: str, seed: str) -> list[list[str]]:
    """The rows of CSV under the heading of a seed."""
    text = printed.split(f"Rows for seeds/{seed}.csv", 1)[1].split("\n\n")[1]
    return list(csv.reader(io.StringIO(text.strip())))


def test_what_is_there_is_said_in_plain_words(printed):
    assert "experiment_viewed: 351 rows" in printed
    assert "2 experiments; it fits the sender webyn" in printed
    assert "the time of the assignment is in the column assigned_at" in printed
    assert f"{HERO}: blue, light (160), control (150), preview (1)" in printed
    assert "left out below: preview" in printed
    assert "variants are numbers" in printed
    assert printed.count("breaks the naming convention") == 1
    assert "identifies: 1 rows" in printed
    assert "1 columns of identifies hold traits of experiments" in printed
    assert "aliases: not there (yet)" in printed
    assert "order_completed: 1 rows" in printed
    assert "numbers to sum: revenue" in printed
    assert "days ago" in printed


def test_segments_own_views_are_passed_over(printed):
    assert "seen-in-a-view" not in printed


def test_an_experiment_of_another_sender_is_found(printed):
    assert "it fits the sender launchdarkly" in printed
    assert "flag-a-b-2026-03: on (3)" in printed


def test_the_registry_rows(printed):
    assert rows(printed, "experiments") == [
        [HERO, "control", "2026-03-10 00:00:00", "", "", "", ""],
        ["Number Test", "1", "2026-03-10 00:00:00", "", "", "", ""],
        ["flag-a-b-2026-03", "on", "2026-03-10 00:00:00", "", "", "", ""],
    ]
    assert rows(printed, "experiment_variants") == [
        [HERO, "blue, light", "0.5"],
        [HERO, "control", "0.5"],
        ["Number Test", "1", "0.5"],
        ["Number Test", "2", "0.5"],
        ["flag-a-b-2026-03", "on", "1.0"],
    ]


def test_the_settings_can_be_pasted(warehouse, printed):
    text = printed.split("Settings, for dbt_project.yml:", 1)[1].split("\n\nRows", 1)[0]
    settings = yaml.safe_load(text)["vars"]["segment_experiments"]
    assert settings["exposure_events"] == [
        {"table": "experiment_viewed", "sender": "webyn"},
        {"table": "feature", "sender": "launchdarkly"},
    ]
    assert [metric["name"] for metric in settings["metrics"]] == [
        "order_completed_conversion",
        "order_completed_revenue",
    ]
    warehouse.register([], [])
    warehouse.dbt("run", "--select", "+experiment_results", settings=settings)
    assert warehouse.query("select count(distinct experiment_id) as n from experiment_results") == [
        {"n": 3}
    ]


def test_what_is_registered_is_not_printed_again(warehouse):
    warehouse.register([(HERO, "control", None, None, None)], [])
    printed = warehouse.dbt("--quiet", "run-operation", "check_setup")
    assert [row[0] for row in rows(printed, "experiments")] == ["Number Test", "flag-a-b-2026-03"]


def test_a_wrong_schema_is_named(warehouse):
    printed = warehouse.dbt(
        "--quiet", "run-operation", "check_setup", settings={"segment_schema": "no_such_schema"}
    )
    assert "Nothing is found in the schema no_such_schema" in printed
    assert "segment_schema" in printed


def test_the_demo_that_nobody_asked_for_is_named(warehouse):
    settings = {"segment_schema": "website", "demo_data": None}
    printed = warehouse.dbt("--quiet", "run-operation", "check_setup", settings=settings)
    assert "set demo_data: false" in printed
    assert "segment_demo" not in printed


def test_what_nothing_is_found_for_is_not_suggested(tmp_path):
    """An assignment event without a variant is no metric, and nothing empty is to be pasted."""
    warehouse = Warehouse(tmp_path)
    viewed = exposures(HERO, {"control": 2})
    for row in viewed:
        del row["variant"]
    warehouse.load("experiment_viewed", viewed)
    printed = warehouse.dbt("--quiet", "run-operation", "check_setup")
    text = printed.split("Settings, for dbt_project.yml:", 1)[1].split(
        "\n\nNo experiment is found", 1
    )
    assert set(yaml.safe_load(text[0])["vars"]["segment_experiments"]) == {
        *("demo_data", "segment_database", "segment_schema")
    }
    assert len(text) == 2
    assert "in the registry" not in text[1]


def test_the_three_busiest_events_are_suggested(tmp_path):
    warehouse = Warehouse(tmp_path)
    for number, table in enumerate(("viewed", "clicked", "bought", "returned")):
        warehouse.load(
            table,
            [
                {"id": f"{table}-{place}", "user_id": "u", "event": table, **TIMES}
                for place in range(4 - number)
            ],
        )
    printed = warehouse.dbt("--quiet", "run-operation", "check_setup")
    text = printed.split("Settings, for dbt_project.yml:", 1)[1].split("\n\nNo experiment", 1)[0]
    metrics = yaml.safe_load(text)["vars"]["segment_experiments"]["metrics"]
    assert [metric["event"] for metric in metrics] == ["viewed", "clicked", "bought"]
