"""Presets of exposure events: the columns each sender writes, as they land, become assignments."""

import datetime as dt
import json

import pytest

from tests.python.harness.warehouse import Warehouse

AT = dt.datetime(2026, 3, 1, 12)
EARLIER = dt.datetime(2026, 3, 1, 11)

# sender -> (table, columns of an assignment to ("hero-test", "blue"), setting beside the sender)
BOTH_NAMES = {
    "experiment_id": "8712",
    "experiment_name": "hero-test",
    "variation_id": "2",
    "variation_name": "blue",
}
SENDERS = {
    "webyn": (
        "ab_test_assigned",
        {"experiment_id": "hero-test", "variant": "blue", "assigned_at": EARLIER},
        {},
    ),
    "segment": ("segment_viewed", BOTH_NAMES, {}),
    "optimizely": ("optimizely_viewed", BOTH_NAMES | {"is_in_campaign_holdback": False}, {}),
    "vwo": ("vwo_viewed", {"experiment_name": "hero-test", "variation_name": "blue"}, {}),
    "growthbook": ("growthbook_viewed", {"experiment_id": "hero-test", "variation_id": "blue"}, {}),
    "absmartly": ("absmartly_viewed", BOTH_NAMES | {"experiment_id": 8712, "variation_id": 2}, {}),
    "kameleoon": ("kameleoon_viewed", BOTH_NAMES, {}),
    "intelligems": (
        "intelligems_viewed",
        {
            "experiment_id": "f1c2",
            "experiment": "hero-test",
            "variation": "blue",
            "variation_id": "9a",
        },
        {},
    ),
    "leanplum": (
        "leanplum_viewed",
        {"experiment_id": "8712", "experiment_name": "hero-test", "arm": "blue"},
        {"variant": "arm"},
    ),
    "amplitude": (
        "exposure",
        {"flag_key": "hero-test", "experiment_key": "exp-1", "variant": "blue"},
        {},
    ),
    "eppo": (
        "eppo_randomized_assignment",
        {"experiment": "hero-test", "variation": "blue", "_timestamp": "2026-03-01T11:00:00.000Z"},
        {},
    ),
    "posthog": (
        "feature_flag_called",
        {"feature_flag": "hero-test", "feature_flag_response": "blue"},
        {},
    ),
    "statsig": (
        "statsig_experiment_exposure",
        {"metadata_config": "hero-test", "metadata_rule_id": "blue", "context_stable_id": "device"},
        {},
    ),
    "launchdarkly": (
        "feature",
        {
            **{"key": "hero-test", "value": "blue", "variation": 1},
            **{"reason_kind": "FALLTHROUGH", "reason_in_experiment": True},
        },
        {},
    ),
    "split": ("get_treatment", {"split": "hero-test", "treatment": "blue"}, {}),
    "mixpanel": (
        "experiment_started",
        {"experiment_name": "hero-test", "variant_name": "blue"},
        {},
    ),
    "configcat": (
        "feature_flag_evaluated",
        {"feature_flag_key": "hero-test", "value": "blue", "variation_id": "c4"},
        {},
    ),
}
# sender -> columns, beside those of an assignment, of rows in which nobody was assigned at random
NOT_ASSIGNED = {
    "optimizely": [{"is_in_campaign_holdback": True}],
    "amplitude": [{"variant": "off"}],
    "posthog": [{"feature_flag_response": text} for text in ("false", "holdout-42")],
    "statsig": [
        {"metadata_rule_id": text}
        for text in ("prestart", "layerAssignment", "Holdout", "Not Allocated", "blue (Launched)")
    ],
    "launchdarkly": [
        *[
            {"reason_kind": kind, "reason_in_experiment": True}
            for kind in ("OFF", "TARGET_MATCH", "PREREQUISITE_FAILED", "ERROR")
        ],
        {"reason_in_experiment": False},
        {"reason_in_experiment": None},
    ],
    "split": [{"treatment": "control"}],
}
IN_TABLE_OF_SPEC = [name for name, (table, *_) in SENDERS.items() if table == f"{name}_viewed"]
DEFAULT_TABLES = {name: [table] for name, (table, *_) in SENDERS.items()} | {
    **{name: ["experiment_viewed"] for name in IN_TABLE_OF_SPEC},
    "webyn": ["experiment_viewed", "ab_test_assigned"],
    "amplitude": ["exposure", "experiment_exposure"],
}


def message(name: str, **fields) -> dict:
    return {
        "id": name,
        "anonymous_id": f"random-{name}",
        "user_id": name,
        "timestamp": AT,
        "received_at": AT + dt.timedelta(hours=1),
        **fields,
    }


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory) -> Warehouse:
    tables = {table: [message(name, **columns)] for name, (table, columns, _) in SENDERS.items()}
    tables["experiment_viewed"] = [
        message("webyn-too", experiment_id="hero-test", variant="blue", assigned_at=None)
    ]
    tables["experiment_exposure"] = [
        message("amplitude-too", experiment_flag_key="hero-test", experiment_variant="blue")
    ]
    for name, others in NOT_ASSIGNED.items():
        table, columns, _ = SENDERS[name]
        tables[table] += [
            message(f"{name}-not-{number}", **columns | other)
            for number, other in enumerate(others)
        ]
    tables["vwo_viewed"].append(message("vwo-both", **BOTH_NAMES))
    tables["growthbook_viewed"].append(
        message("growthbook-old", experiment_id="hero-test", variation_id="1")
    )
    tables["statsig_experiment_exposure"].append(
        message(
            "statsig-unknown",
            user_id=None,
            metadata_config="hero-test",
            metadata_rule_id="blue",
            context_stable_id="device-2",
        )
    )
    tables["feature_flag_evaluated"].append(
        message("configcat-unknown", user_id=None, feature_flag_key="hero-test", value="blue")
    )
    warehouse = Warehouse(
        tmp_path_factory.mktemp("senders"),
        {
            "exposure_events": [
                {"sender": name, **setting} | ({"table": table} if name in IN_TABLE_OF_SPEC else {})
                for name, (table, _, setting) in SENDERS.items()
            ],
            "metrics": [],
            "activity": [],
        },
    )
    for name, rows in tables.items():
        warehouse.load(name, rows)
    warehouse.dbt("seed")
    warehouse.dbt("run", "--select", "+tracking_audit")
    return warehouse


@pytest.fixture(scope="module")
def assignments(warehouse) -> dict[str, dict]:
    rows = warehouse.query("select * from experiment_assignments")
    return {row["user_key"]: row for row in rows}


def test_every_preset_has_its_case(warehouse):
    presets = json.loads(
        warehouse.compile_inline("{{ tojson(segment_experiments.exposure_event_presets()) }}")
    )
    assert {name: preset["tables"] for name, preset in presets.items()} == DEFAULT_TABLES


@pytest.mark.parametrize("sender", SENDERS)
def test_columns_as_they_land_become_an_assignment(assignments, sender):
    row = assignments[sender]
    has_time = sender in ("webyn", "eppo")
    assert (
        *(row["experiment_id"], row["variant"], row["exclusion_reason"]),
        *(row["assigned_at"], row["assigned_at_source"]),
    ) == (
        *("hero-test", "blue", None),
        *((EARLIER, "property") if has_time else (AT, "event")),
    )


def test_all_tables_of_a_sender_are_read(assignments):
    assert {"webyn-too", "amplitude-too"} <= assignments.keys()


def test_a_name_goes_before_an_opaque_id(assignments):
    assert assignments["vwo-both"]["experiment_id"] == "hero-test"
    assert assignments["growthbook-old"]["variant"] == "1"


def test_who_was_not_assigned_at_random_is_left_out_and_counted(warehouse, assignments):
    assert [name for name in assignments if "-not-" in name] == []
    [audit] = warehouse.query(
        "select * from tracking_audit where check_name = 'exposure_ignored' and affected_rows > 0"
    )
    ignored = sum(len(others) for others in NOT_ASSIGNED.values())
    assert (audit["experiment_id"], audit["affected_rows"]) == ("hero-test", ignored)


def test_anonymous_ids_of_senders(warehouse, assignments):
    assert assignments["device-2"]["anonymous_id"] == "device-2"
    assert "random-configcat-unknown" not in assignments
    [audit] = warehouse.query(
        "select affected_rows, example from tracking_audit "
        "where check_name = 'exposure_without_id' and affected_rows > 0"
    )
    assert (audit["affected_rows"], audit["example"]) == (1, "configcat-unknown")
