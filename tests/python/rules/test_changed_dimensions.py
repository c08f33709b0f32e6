"""Dimensions that are added to the settings and taken out again: every run is right."""

import pytest

from tests.python.harness.warehouse import Warehouse

DEFAULT = {"device_type": "device", "campaign_source": "source", "country": "country"}
ROW = {
    "id": "m1",
    "anonymous_id": "a1",
    "user_id": "u1",
    "timestamp": "2026-03-10 12:00:00",
    "received_at": "2026-03-10 12:00:05",
    "experiment_id": "e",
    "variant": "control",
}
VALUES = {"device": "phone", "source": "mail", "country": "NL", "tariff": "free"}
OWN = {"plan": "tariff"}


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory) -> Warehouse:
    warehouse = Warehouse(
        tmp_path_factory.mktemp("dimensions"),
        {"exposure_events": [{"table": "experiment_viewed"}], "metrics": [], "funnels": []},
    )
    warehouse.register([], [])
    warehouse.load("experiment_viewed", [ROW | VALUES])
    return warehouse


def test_dimensions_come_and_go(warehouse):
    """What the table has is what the settings say, with the values, whatever was there before."""
    for dimensions in (DEFAULT, DEFAULT | OWN, DEFAULT, {}, OWN, DEFAULT):
        warehouse.dbt(
            *("run", "--select", "+experiment_results_by_dimension"),
            settings={"assignment_dimensions": dimensions},
        )
        [row] = warehouse.query("select * from experiment_assignments")
        expected = {name: VALUES[column] for name, column in dimensions.items()}
        assert {name: row[name] for name in row if name in DEFAULT | OWN} == expected
