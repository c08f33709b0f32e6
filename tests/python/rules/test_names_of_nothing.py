"""A name in the settings that matches nothing in the warehouse is told, or stops the run."""

import os
import subprocess
import sys

import pytest
import yaml

from tests.python.harness.model_project import model_project
from tests.python.harness.warehouse import PROJECT, DbtError, Warehouse, profiles

ROW = {
    "id": "m1",
    "anonymous_id": "a1",
    "user_id": "u1",
    "timestamp": "2026-03-10 12:00:00",
    "received_at": "2026-03-10 12:00:05",
}
EXPOSURE = ROW | {"experiment_id": "e", "variant": "control", "plan_name": "free"}
ORDER = ROW | {"revenue": 5.0, "products": "[]", "placed_at": "2026-03-10 11:00:00"}
RIGHT = {
    "exposure_events": [{"table": "experiment_viewed"}, {"table": "ab_test_assigned"}],
    "assignment_dimensions": {"plan": "plan_name", "country": ["context_country", "country"]},
    "metrics": [
        {"name": "m", "type": "sum", "event": "order_completed", "value": "revenue"},
    ],
    "funnels": [{"name": "f", "steps": [{"event": "order_completed", "timestamp": "placed_at"}]}],
    "activity": ["order_completed", "pages"],
}


def metric(**keys: object) -> dict:
    """The metric with other keys."""
    return RIGHT["metrics"][0] | keys


# Every kind of name, and what is told of it.
WRONG = {
    "exposure_events": [
        {"table": "experiment_viewed", "variant": "varaint", "ignore": {"is_tset": True}},
        {"table": "flag_evaluated"},
    ],
    "assignment_dimensions": {"plan": ["plan_nam", "tariff"]},
    "metrics": [
        metric(event="order_complete"),
        metric(name="v", value="revenu"),
        metric(name="t", timestamp="palced_at"),
        metric(name="w", where="currncy = 'EUR'"),
    ],
    "funnels": [{"name": "f", "steps": [{"event": "oder_completed"}]}],
    "activity": ["pages", "trackz"],
}
TOLD = [
    "exposure_events: variant: experiment_viewed has no column varaint (the nearest is variant)",
    "exposure_events: ignore: experiment_viewed has no column is_tset",
    "exposure_events: there is no table flag_evaluated",
    "assignment_dimensions: plan: the exposure tables have no column plan_nam or tariff"
    " (the nearest is plan_name)",
    "metrics: m: there is no table order_complete (the nearest is order_completed)",
    "metrics: v: value: order_completed has no column revenu (the nearest is revenue)",
    "metrics: t: timestamp: order_completed has no column palced_at (the nearest is placed_at)",
    "metrics: w: where: order_completed has no column currncy",
    "funnels: f: steps: there is no table oder_completed (the nearest is order_completed)",
    "activity: there is no table trackz",
]


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory) -> Warehouse:
    warehouse = Warehouse(tmp_path_factory.mktemp("names"), RIGHT)
    warehouse.register([], [])
    warehouse.load("experiment_viewed", [EXPOSURE])
    warehouse.load("order_completed", [ORDER])
    return warehouse


def told(warehouse: Warehouse, settings: dict | None = None) -> str | None:
    """What the log of a run says of names that match nothing; it says so once."""
    printed = warehouse.dbt("run", "--select", "+int_arrivals", settings=settings)
    lines = [line for line in printed.splitlines() if "match nothing in the warehouse" in line]
    assert len(lines) <= 1
    return lines[0].split("(yet): ")[1] if lines else None


def test_what_may_be_early_is_told_once(warehouse):
    assert told(warehouse) is None
    assert told(warehouse, WRONG) == "; ".join(TOLD) + "."


def test_it_is_counted_in_tracking_audit_and_told_by_check_setup(warehouse):
    settings = {"metrics": [metric(value="revenu")]}
    text = "metrics: m: value: order_completed has no column revenu (the nearest is revenue)"
    sql = (
        "select affected_rows, total_rows, example from tracking_audit"
        " where check_name = 'setting_names_nothing'"
    )
    warehouse.dbt("run", "--select", "+tracking_audit", settings=settings)
    # Two tables of exposures, a dimension; event, value and time of the metric; the step and its
    # time; two tables of activity, and the time of the one that is there.
    expected = [{"affected_rows": 1, "total_rows": 11, "example": text}]
    assert warehouse.query(sql) == expected
    # Without int_arrivals the run does not look at the raw tables, and says the same.
    warehouse.dbt("run", "--select", "tracking_audit", settings=settings)
    assert warehouse.query(sql) == expected
    printed = warehouse.dbt("--quiet", "run-operation", "check_setup", settings=settings)
    assert f"Names in the settings that match nothing (yet):\n  {text}\n" in printed
    assert "match nothing" not in warehouse.dbt("--quiet", "run-operation", "check_setup")


def test_a_schema_that_does_not_exist_is_an_error(warehouse):
    with pytest.raises(DbtError, match='the setting `segment_schema` is "segmnt", but it must'):
        told(warehouse, {"segment_schema": "segmnt"})


def dbt_in(folder, warehouse: Warehouse, *arguments: str) -> str:
    """Run dbt in another project on the warehouse."""
    process = subprocess.run(
        [
            *(sys.executable, "-m", "dbt.cli.main", "--no-use-colors", *arguments),
            *("--profiles-dir", str(profiles(warehouse.folder)), "--project-dir", str(folder)),
            *("--target-path", str(warehouse.folder / "other")),
            *("--log-path", str(warehouse.folder / "other")),
        ],
        cwd=PROJECT,
        env={**os.environ, "DUCKDB_PATH": str(warehouse.path), "DBT_TARGET": "duckdb"},
        capture_output=True,
        text=True,
        check=False,
    )
    return process.stdout


@pytest.mark.parametrize(
    ("settings", "table", "sentence"),
    [
        (
            {
                "metrics": [
                    {"name": "m", "type": "sum", "model": "stg_shop__orders", "value": "total"}
                ]
            },
            ORDER,
            '`metrics: m: value` is "total", but it must be a column of the model stg_shop__orders,'
            " which has anonymous_id, id,",
        ),
        (
            {"activity": [{"model": "stg_shop__orders"}]},
            {key: ROW[key] for key in ROW if key != "timestamp"},
            '`activity: timestamp` is "timestamp", but it must be a column of the model',
        ),
        (
            {"funnels": [{"name": "f", "steps": [{"model": "stg_shop__orders"}]}]},
            {key: ROW[key] for key in ROW if key not in ("anonymous_id", "user_id")},
            '`funnels: f: steps: model` is "stg_shop__orders", but it must be a model with a column'
            " anonymous_id or user_id",
        ),
    ],
)
def test_a_model_without_the_column_is_an_error(tmp_path, settings, table, sentence):
    warehouse = Warehouse(tmp_path)
    warehouse.register([], [])
    warehouse.load("experiment_viewed", [EXPOSURE])
    warehouse.load("orders", [table])
    folder = model_project((("orders", "stg_shop__orders"),))
    settings = {"demo_data": False, **RIGHT, **settings}
    arguments = ("run", "--select", "+int_arrivals", "--vars", yaml.safe_dump(settings))
    assert sentence in dbt_in(folder, warehouse, *arguments)


def test_a_setting_of_another_name_is_an_error(tmp_path):
    """Beside the settings of a project; those of the command line may be another package's."""
    folder = model_project((("orders", "stg_shop__orders"),))
    project = yaml.safe_load((PROJECT / "dbt_project.yml").read_text())
    project["vars"]["segment_experiments"]["blocked_idz"] = []
    other = tmp_path / "project"
    other.mkdir()
    for name in ("macros", "models", "seeds"):
        (other / name).symlink_to(folder / name)
    (other / "dbt_project.yml").write_text(yaml.safe_dump(project))
    warehouse = Warehouse(tmp_path)
    sentence = "there is no setting `blocked_idz`; the nearest is `blocked_ids`; correct it"
    assert sentence in dbt_in(other, warehouse, "parse")
    assert warehouse.dbt("parse", settings={"blocked_idz": []})
