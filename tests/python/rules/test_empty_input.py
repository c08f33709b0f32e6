"""No tables, no rows, no metrics: nothing to say, but no error either."""

import datetime as dt

import pytest

from tests.python.harness.warehouse import Warehouse


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("no_table_exists", {}),
        ("no_metric", {"metrics": [], "funnels": [], "activity": [], "assignment_dimensions": {}}),
        ("no_stitching", {"identity_resolution": "none", "multiple_variant_policy": "last"}),
        ("in_the_past", {"as_of": "2020-01-01"}),
    ],
)
def test_the_project_builds(tmp_path, name, settings):
    warehouse = Warehouse(tmp_path, settings)
    if name != "no_table_exists":
        at = dt.datetime(2026, 1, 1)
        row = {"anonymous_id": "a1", "experiment_id": "e", "timestamp": at, "received_at": at}
        warehouse.load(
            "experiment_viewed",
            [
                row | {"id": "m1", "user_id": "u1", "variant": "control"},
                row | {"id": "m2", "user_id": "u2", "variant": "b"},
            ],
        )
        warehouse.execute("create table segment.aliases (id int, previous_id int, user_id int)")
    warehouse.dbt("build", "--exclude", "resource_type:unit_test")
    [row] = warehouse.query("select count(*) as users from experiment_assignments")
    assert row["users"] == (2 if name in ("no_metric", "no_stitching") else 0)
    assert warehouse.query("select count(*) as n from experiments")[0]["n"] > 0
