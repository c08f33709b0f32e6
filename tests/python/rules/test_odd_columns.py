"""Names and ids as other loaders and senders make them stop nothing, and are read right."""

import pytest

from tests.python.harness.warehouse import Warehouse

TIMES = {"timestamp": "2026-03-10 12:00:00", "received_at": "2026-03-10 12:00:05"}
LATER = {"timestamp": "2026-03-10 13:00:00", "received_at": "2026-03-10 13:00:05"}
TRAITS = {"experiments_a b": "red", 'experiments_a"b': "blue", "experiments_a, b": "green"}
SETTINGS = {
    "exposure_events": [{"table": "experiment_viewed"}],
    "assignment_dimensions": {"plan": 'plan, "name"'},
    "metrics": [
        {"name": "m", "type": "sum", "event": "order_completed", "value": 'Total "net", EUR'},
    ],
    "funnels": [],
    "activity": ["order_completed"],
}


def exposure(user: str, message: str) -> dict:
    """An assignment of a user."""
    row = {"id": message, "anonymous_id": None, "user_id": user, **TIMES}
    return row | {"experiment_id": "e", "variant": "control", 'plan, "name"': "free"}


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory) -> Warehouse:
    warehouse = Warehouse(tmp_path_factory.mktemp("odd"), SETTINGS)
    warehouse.register([], [])
    # The ids of messages are those of two users each.
    users = ("u1", "u2")
    warehouse.load("experiment_viewed", [exposure(user, "m") for user in users])
    warehouse.load(
        "identifies",
        [{"id": "i", "anonymous_id": None, "user_id": user, **TIMES, **TRAITS} for user in users],
    )
    warehouse.load(
        "order_completed",
        [
            {"id": "o", "anonymous_id": None, "user_id": user, **LATER, 'Total "net", EUR': 5.0}
            for user in users
        ],
    )
    warehouse.load(
        "aliases",
        [{"id": "a", "previous_id": f"old-{user}", "user_id": user, **TIMES} for user in users],
    )
    # Unit tests expect the default dimensions; the seed has more columns than this registry.
    warehouse.dbt(
        *("build", "--exclude", "path:models/joint"),
        *("--exclude-resource-type", "unit_test", "--exclude-resource-type", "seed"),
    )
    return warehouse


def test_all_columns_are_read(warehouse):
    assert warehouse.query("select user_key, plan from experiment_assignments order by all") == [
        {"user_key": "u1", "plan": "free"},
        {"user_key": "u2", "plan": "free"},
    ]
    sql = "select user_key, value from experiment_user_metrics order by all"
    assert warehouse.query(sql) == [
        {"user_key": "u1", "value": 5.0},
        {"user_key": "u2", "value": 5.0},
    ]
    sql = "select user_id, trait, variant from analytics_staging.stg_segment__experiment_traits"
    found = {(row["user_id"], row["trait"], row["variant"]) for row in warehouse.query(sql)}
    assert found == {(user, *trait) for user in ("u1", "u2") for trait in TRAITS.items()}


def test_a_comma_in_a_name_is_no_new_column(warehouse):
    warehouse.dbt("run", "--select", "int_arrivals")
    assert warehouse.query(
        "select count(*) as rows from analytics_staging.int_arrivals where kind = 'filled'"
    ) == [{"rows": 0}]


def test_tables_of_an_earlier_version_are_made_anew(warehouse):
    """The first version with runs that add to what is there had no column `checksum`."""
    warehouse.execute("alter table analytics_staging.int_processed_arrivals drop column checksum")
    printed = warehouse.dbt("run", "--exclude", "path:models/joint")
    assert "computes everything, because no run has been finished yet" in printed
    assert warehouse.query("select count(*) as users from experiment_assignments") == [{"users": 2}]
