"""What people type into the registry about goals, guardrails, plans and decisions."""

import datetime as dt

import pytest

from tests.python.harness.warehouse import Warehouse

NOON = dt.datetime(2026, 3, 1, 12)
COUNT = {"type": "count", "event": "order_completed"}
METRICS = [
    COUNT | {"name": "orders"},
    COUNT | {"name": "orders per user", "minimum_effect": 0.05},
    COUNT | {"name": "orders per user and day", "margin": 0.1},
    COUNT | {"name": "re-orders"},
    COUNT | {"name": "sales", "margin": 0, "label": "All it's worth", "unit": "EUR"},
]
# experiment -> what the registry says, and the roles with their margins, the goals in their order
LISTS = {
    "commas": (
        {"goal_metrics": "sales,orders", "guardrail_metrics": "re-orders:0.03"},
        {"sales": 1, "orders": 2, "re-orders": 0.03},
    ),
    "blanks": (
        {"goal_metrics": " sales \t orders;", "guardrail_metrics": "re-orders\norders per user"},
        {"sales": 1, "orders": 2, "re-orders": 0.02, "orders per user": 0.05},
    ),
    "names_with_blanks": (
        {"guardrail_metrics": "orders per user and day, orders per user: 0.5; re-orders :.25"},
        {"orders per user and day": 0.1, "orders per user": 0.5, "re-orders": 0.25},
    ),
    "parts_of_names": ({"goal_metrics": "order, ordersx, xorders, re, orders:0.1"}, {}),
    "primary": ({"primary_metric": "sales", "goal_metrics": " "}, {"sales": 1}),
    "primary_of_nothing": ({"primary_metric": "saless"}, {}),
    "primary_first": (
        {"primary_metric": "orders", "goal_metrics": "sales; orders"},
        {"orders": 1, "sales": 2},
    ),
    "primary_beside": (
        {"primary_metric": "orders", "goal_metrics": "sales"},
        {"sales": 1},
    ),
    "both": (
        {"goal_metrics": "sales", "guardrail_metrics": "sales:0.1 orders"},
        {"sales": 1, "orders": 0.02},
    ),
    "margins": (
        {
            "guardrail_metrics": "orders:1, re-orders:-0.1; sales:x, orders per user:2%"
            ", orders per user and day:0"
        },
        {
            **{"orders": 0.02, "re-orders": 0.02, "sales": 0, "orders per user": 0.05},
            "orders per user and day": 0,
        },
    ),
    "nothing": ({}, {}),
}
# experiment -> what the registry says of a plan, and what is read of it
PLANS = {
    "plan": (
        {"minimum_days": "10.5", "target_effect": "5e-2", "decision_rule": "Do_No_Harm"}
        | {"planned_end": "2026-03-10", "decided_at": "2026-03-12 08:00:00+01:00"}
        | {"decision": "b", "unit": "account", "role": "holdout"},
        {"minimum_days": 10.5, "target_effect": 0.05, "decision_rule": "do_no_harm"}
        | {"planned_end": dt.datetime(2026, 3, 10, 23, 59, 59, 999999)}
        | {"decided_at": dt.datetime(2026, 3, 12, 7), "decision": "b"}
        | {"unit": "account", "role": "holdout"},
    ),
    "wrong_plan": (
        {"minimum_days": "-1", "target_effect": "0", "decision_rule": "best", "role": "hold-out"}
        | {"planned_end": "soon", "decided_at": "2026-13-01", "decision": "z"},
        {"minimum_days": None, "target_effect": None, "decision_rule": None, "role": None}
        | {"planned_end": None, "decided_at": None, "decision": "z"},
    ),
    "wrong_numbers": (
        {"minimum_days": "nan", "target_effect": "five", "planned_end": "2026-02-28"}
        | {"decision": "None"},
        {"minimum_days": None, "target_effect": None, "decision": "None"}
        | {"planned_end": dt.datetime(2026, 2, 28, 23, 59, 59, 999999)},
    ),
}


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory) -> Warehouse:
    warehouse = Warehouse(
        tmp_path_factory.mktemp("goals"), {"metrics": METRICS, "activity": [], "modules": []}
    )
    warehouse.load(
        "experiment_viewed",
        [
            {
                **{"id": f"m{number}", "anonymous_id": None, "user_id": f"u{number}"},
                **{"experiment_id": experiment, "variant": ("control", "b")[number % 2]},
                **{"timestamp": NOON, "received_at": NOON},
            }
            for number, experiment in enumerate([*LISTS, *PLANS] * 2)
        ],
    )
    said = {name: row for name, (row, _) in {**LISTS, **PLANS}.items()}
    warehouse.register(
        [(name, None, "2026-03-01", None, row.get("primary_metric")) for name, row in said.items()],
        [(name, variant, None) for name in PLANS for variant in ("control", "b")],
        said,
    )
    warehouse.dbt("run")
    warehouse.dbt("test", "--exclude", "resource_type:unit_test")
    return warehouse


@pytest.mark.parametrize("experiment", LISTS)
def test_goals_and_guardrails_are_those_of_the_lists(warehouse, experiment):
    rows = warehouse.query(f"""
        select * from analytics_staging.int_experiment_metrics
        where experiment_id = '{experiment}'
    """)
    assert {
        row["metric"]: row["goal_number"]
        if row["metric_role"] == "goal"
        else row["guardrail_margin"]
        for row in rows
    } == LISTS[experiment][1]
    for row in rows:
        assert (row["goal_number"] is None) == (row["metric_role"] == "guardrail")
        assert (row["guardrail_margin"] is None) == (row["metric_role"] == "goal")


@pytest.mark.parametrize("experiment", PLANS)
def test_plans_are_read(warehouse, experiment):
    [row] = warehouse.query(f"""
        select * from analytics_staging.stg_registry__experiments
        where experiment_id = '{experiment}'
    """)
    expected = PLANS[experiment][1]
    assert {name: row[name] for name in expected} == expected


def test_overviews_show_the_first_goal(warehouse):
    headlines = {
        row["experiment_id"]: row["headline_metric"]
        for row in warehouse.query("select experiment_id, headline_metric from experiments")
    }
    assert headlines["primary_first"] == "orders"
    assert headlines["primary_beside"] == "orders"
    assert headlines["commas"] == "sales"
    assert headlines["nothing"] == "orders"


def told(warehouse: Warehouse, name: str) -> list[tuple[str, str | None]]:
    rows = warehouse.query(f"from analytics_dbt_test__audit.{name}")
    return sorted((row["experiment_id"], row.get("listed")) for row in rows)


def test_what_is_wrong_is_told(warehouse):
    said = {name: row for name, (row, _) in {**LISTS, **PLANS}.items()}
    margins = ["orders:1", "re-orders:-0.1", "sales:x", "orders per user:2%"]
    assert told(warehouse, "registry_metrics_are_in_the_settings") == sorted(
        [
            ("parts_of_names", said["parts_of_names"]["goal_metrics"]),
            ("primary_of_nothing", "saless"),
            ("both", "sales"),
            *(("margins", text) for text in margins),
        ]
    )
    wrong = ("minimum_days", "target_effect", "decision_rule", "role", "planned_end", "decided_at")
    assert told(warehouse, "registry_plans_and_decisions_can_be_read") == sorted(
        [
            *(("wrong_plan", said["wrong_plan"][name]) for name in wrong),
            *(("wrong_numbers", text) for text in ("nan", "five")),
        ]
    )
    [row] = warehouse.query(
        "from analytics_dbt_test__audit.registry_decision_is_one_of_the_variants_or_none"
    )
    assert (row["experiment_id"], row["decision"]) == ("wrong_plan", "z")
    [row] = warehouse.query(
        "from analytics_dbt_test__audit.registry_experiments_end_after_they_start"
    )
    assert row["experiment_id"] == "wrong_numbers"
    assert "planned_end" in row["message"]


def test_a_metric_has_a_label_and_a_unit(warehouse):
    rows = {
        row["metric"]: (row["label"], row["unit"], row["margin"])
        for row in warehouse.query("from analytics_staging.int_metrics")
    }
    assert rows["sales"] == ("All it's worth", "EUR", 0)
    assert rows["orders"] == ("orders", None, None)
