"""The tests' dbt process shares what dbt parsed between settings; that changes nothing."""

from __future__ import annotations

import json
from typing import Any

import yaml

from tests.python.harness.dbt_process import parsed_settings
from tests.python.harness.warehouse import PROJECT, Warehouse

# Every setting that dbt does not read while it parses, with another value than its default.
OTHERS: dict[str, Any] = {
    "arrival_column": "received_at",
    "experiment_traits_prefix": "tests_",
    "max_users_per_device": 2,
    "blocked_ids": [],
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
    "minimum_days": 1,
    "naming_convention": "^a$",
    "stale_after_hours": 1,
    "export_concluded": False,
    "export_max_attributes": 3,
    "redelivery_days": 7,
    "settle_days": 3,
    "keep_expired_days": False,
    "only_experiments": ["a"],
}
PARTS = ("nodes", "unit_tests", "disabled", "parent_map")
# When and from which text dbt has parsed a node; the macros in it, which are looked up anew in each
# run; and the raw tables, which are not built.
NOT_COMPARED = {
    *("created_at", "config_call_dict", "unrendered_config", "unrendered_config_call_dict"),
    *("macros", "sources"),
}


def compared(value: Any) -> Any:
    """A part of a manifest without NOT_COMPARED."""
    if isinstance(value, dict):
        return {key: compared(value[key]) for key in value if key not in NOT_COMPARED}
    if isinstance(value, list):
        return [compared(one) for one in value if not str(one).startswith("source.")]
    return value


def parsed(warehouse: Warehouse, settings: dict[str, Any]) -> dict[str, Any]:
    """All that matters in a run of what dbt knows of the project, parsed with these settings."""
    warehouse.dbt("parse", settings=settings)
    manifest = json.loads((warehouse.folder / "target" / "manifest.json").read_text())
    return compared({part: manifest[part] for part in PARTS})


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


def test_which_time_is_analysed_as_of_is_not_parsed():
    times = ({"as_of": text} for text in ("2026-10-15", "2026-10-16"))
    assert parsed_settings(next(times)) == parsed_settings(next(times)) != parsed_settings({})
    assert parsed_settings({"as_of": None}) == {}
