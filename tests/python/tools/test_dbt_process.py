"""The tests' dbt process shares what dbt parsed between settings; that changes nothing."""

from __future__ import annotations

import json
from typing import Any

import yaml

from tests.python.harness.dbt_process import WITH_MODELS, parsed_settings
from tests.python.harness.warehouse import PROJECT, Warehouse

# Every setting that dbt does not read while it parses, with another value than its default.
OTHERS: dict[str, Any] = {
    "arrival_column": "received_at",
    "exposure_events": [{"table": "ab_test_assigned"}],
    "experiment_traits_prefix": "tests_",
    "assignments_from_traits": True,
    "multiple_variant_policy": "last",
    "identity_resolution": "none",
    "max_users_per_device": 2,
    "blocked_ids": [],
    "as_of": "2026-10-15 12:00:00",
    "metrics": [{"name": "orders", "type": "count", "event": "order_completed"}],
    "funnels": [],
    "activity": [],
    "attribution": {"lookback_days": 3, "half_life_days": 1},
    "confidence_level": 0.9,
    "sequential_tuning_users": 10,
    "prior_mean": 0.1,
    "prior_sd": None,
    "srm_alpha": 0.01,
    "power": 0.9,
    "max_crossover_share": 0.5,
    "max_regression_columns": 10,
    "min_users_per_variant": 1,
    "naming_convention": "^a$",
    "stale_after_hours": 1,
    "export_concluded": False,
    "export_max_attributes": 3,
}
# What dbt does with a node, apart from its compiled SQL. The digest of a configuration and the
# moment of parsing say nothing more.
NOT_COMPARED = (
    "created_at",
    "config_call_dict",
    "unrendered_config",
    "unrendered_config_call_dict",
)


def parsed(warehouse: Warehouse, settings: dict[str, Any]) -> dict[str, Any]:
    """All that dbt knows of the project after it has parsed with these settings."""
    warehouse.dbt("parse", settings=settings)
    manifest = json.loads((warehouse.folder / "target" / "manifest.json").read_text())
    parts = ("nodes", "sources", "exposures", "unit_tests", "disabled", "parent_map")
    text = json.dumps({part: manifest[part] for part in parts})
    return json.loads(
        text, object_hook=lambda node: {k: node[k] for k in node if k not in NOT_COMPARED}
    )


def test_settings_of_one_manifest_make_the_same_manifest(tmp_path):
    defaults = yaml.safe_load((PROJECT / "dbt_project.yml").read_text())["vars"]
    names = defaults["segment_experiments"].keys()
    shared = {name for name in names if not parsed_settings({name: [{"event": "e"}]})}
    assert shared == OTHERS.keys()
    assert all(OTHERS[name] != defaults["segment_experiments"][name] for name in OTHERS)
    warehouse = Warehouse(tmp_path)
    before, after = parsed(warehouse, {}), parsed(warehouse, OTHERS)
    assert len(before["nodes"]) > 200
    assert after == before


def test_models_in_settings_make_a_manifest_of_their_own():
    for name in WITH_MODELS:
        value = [{"name": "n", "steps": [{"model": "shop__orders"}]}]
        assert parsed_settings({name: value}) == {name: value}
