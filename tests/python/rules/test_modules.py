"""What is off is not built, changes nothing else, and is right when it is on again."""

from __future__ import annotations

import re

import pytest

from tests.python.harness.demo import built_demo
from tests.python.harness.mart_differences import assert_same, read_marts
from tests.python.harness.report_program import run_report
from tests.python.harness.warehouse import Warehouse

ALWAYS = (
    *("experiments", "experiment_assignments", "experiment_user_metrics", "experiment_results"),
    *("experiment_health", "identity_map"),
)
OF_MODULES = {
    "daily": "experiment_results_daily",
    "dimensions": "experiment_results_by_dimension",
    "effect_by_age": "experiment_effect_by_age",
    "retention": "experiment_retention",
    "funnels": "experiment_funnel",
    "interactions": "experiment_interactions",
    "marginal_effects": "experiment_marginal_effects",
    "attribution": "experiment_attribution",
    "audits": "tracking_audit",
}


@pytest.fixture(scope="module")
def demo(tmp_path_factory) -> Warehouse:
    return built_demo(tmp_path_factory)


def built(demo: Warehouse, folder, *command: str, **settings) -> Warehouse:
    """The demo's raw tables and registry, and what a command of dbt makes of them."""
    warehouse = Warehouse(folder, {"demo_data": True, **settings})
    demo.copy_raw_to(warehouse.path)
    warehouse.dbt(*command)
    return warehouse


@pytest.mark.parametrize("modules", [[], ["effect_by_age", "interactions"]])
def test_what_is_off_is_not_built_and_changes_nothing_else(demo, tmp_path, modules):
    # Nothing that is off is missed by a data test.
    command = ("build", "--exclude", "resource_type:unit_test", "resource_type:seed")
    warehouse = built(demo, tmp_path, *command, modules=modules)
    found, expected = read_marts(warehouse.path), read_marts(demo.path)
    wanted = {*ALWAYS, *(OF_MODULES[name] for name in modules)}
    assert found.keys() & {*ALWAYS, *OF_MODULES.values()} == wanted
    # An experiment settles when all that is measured has passed.
    for marts in (found, expected):
        marts["experiments"] = marts["experiments"].drop_columns(["settled_at"])
    assert_same(*({name: marts[name] for name in wanted} for marts in (found, expected)))
    [events] = warehouse.query("""
        select count(distinct measure) as n from analytics_staging.stg_segment__metric_events
    """)
    [all_events] = demo.query("""
        select count(distinct measure) as n from analytics_staging.stg_segment__metric_events
    """)
    # The steps of the demo's funnel are events of metrics, too.
    assert events == all_events

    written = tmp_path / "report.html"
    made = run_report(tmp_path, tmp_path / "report", warehouse.settings, "--out", str(written))
    assert made.returncode == 0, made.stdout + made.stderr
    blocks = set(re.findall('data-block="([a-z_]+)"', written.read_text()))
    assert blocks == {
        "results",
        *(OF_MODULES[name].removeprefix("experiment_") for name in modules),
    }
    assert "Is the tracking right?" not in written.read_text()


def test_a_module_that_is_on_again_is_right(demo, tmp_path):
    warehouse = built(demo, tmp_path, "run", modules=["audits", "daily"])
    warehouse.settings["modules"] = ["audits"]
    # What the module knows becomes old.
    late = "where received_at >= timestamp '2026-10-15'"
    orders = "segment_demo.order_completed"
    kept = warehouse.query_table(f"from {orders} {late}")
    warehouse.execute(f"delete from {orders} {late}")
    warehouse.dbt("run")
    warehouse.append("order_completed", kept, schema="segment_demo")
    warehouse.settings["modules"] = "all"
    printed = warehouse.dbt("run")
    assert "a setting is new or another" in printed
    marts = read_marts(warehouse.path)
    expected = {name: rows for name, rows in read_marts(demo.path).items() if name in marts}
    assert expected.keys() >= {*ALWAYS, *OF_MODULES.values()}
    assert_same(marts, expected)


def test_funnels_that_are_off_read_no_events(tmp_path):
    funnel = {"name": "f", "steps": [{"event": "only_a_step"}]}
    warehouse = Warehouse(tmp_path, {"funnels": [funnel], "metrics": [], "activity": []})
    warehouse.register([], [])
    at = "2026-03-01 00:00:00"
    row = {"id": "m", "user_id": "u", "timestamp": at, "received_at": at}
    warehouse.load("only_a_step", [row])
    warehouse.execute("create schema analytics")
    for modules, rows in (("all", 1), (["audits"], 0)):
        warehouse.dbt(
            "run", "--select", "+stg_segment__metric_events", settings={"modules": modules}
        )
        assert warehouse.query(
            "select count(*) as n from analytics_staging.stg_segment__metric_events"
        ) == [{"n": rows}]


def test_only_some_experiments(demo, tmp_path):
    chosen = ["homepage-hero-headline-2026-09", "cart-summary-upsell-2026-10"]
    warehouse = built(demo, tmp_path, "run", modules=["daily"], only_experiments=chosen)
    for mart in (
        "experiments",
        "experiment_assignments",
        "experiment_results",
        "experiment_results_daily",
    ):
        rows = f"from {mart} where experiment_id in {tuple(chosen)}"
        both = (warehouse.query_table(f"from {mart}"), demo.query_table(rows))
        hidden = {"settled_at"} & set(both[0].column_names)
        assert_same(*({mart: table.drop_columns(list(hidden))} for table in both))
