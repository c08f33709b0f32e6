"""The tracking plan accepts what instrumentation/ sends, and refuses what spoils the data."""

import json
import re
from typing import Any

import jsonschema
import pytest
import yaml

from tests.python.harness.warehouse import PROJECT

INSTRUMENTATION = PROJECT / "instrumentation"
PLAN = json.loads((INSTRUMENTATION / "tracking-plan.json").read_text())
HERO = "homepage-hero-headline-2026-11"


def rule(kind: str) -> dict[str, Any]:
    [found] = [rule for rule in PLAN["rules"] if rule["type"] == kind]
    return found["jsonSchema"]


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("TRACK", {"properties": {"variant": "2"}}),
        ("TRACK", {"properties": {"variant": 2}}),
        ("TRACK", {"properties": {"experimentId": "Hero Test"}}),
        ("TRACK", {"properties": {"experimentId": "homepage-hero-headline-2026-13"}}),
        ("TRACK", {"properties": {"assignedAt": "yesterday"}}),
        ("TRACK", {"properties": {"variation": "control"}}),
        ("IDENTIFY", {"traits": {"experiments": {HERO: 1}}}),
        ("IDENTIFY", {"traits": {"experiments": {"Hero Test": "control"}}}),
        ("IDENTIFY", {"traits": {"plan": "pro"}}),
    ],
)
def test_the_tracking_plan_refuses(kind, payload):
    right = {
        "experimentId": HERO,
        "variant": "control",
        "assignedAt": "2026-11-02T10:00:00.000Z",
    }
    if kind == "TRACK":
        jsonschema.validate({"properties": right}, rule(kind))
        payload = {"properties": right | payload["properties"]}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(payload, rule(kind))


def test_the_naming_convention_is_the_same_everywhere():
    found = {
        path.relative_to(INSTRUMENTATION).as_posix(): set(
            re.findall(r"\^\[a-z0-9\]\+[^$]*\$", path.read_text())
        )
        for path in INSTRUMENTATION.rglob("*")
        if path.suffix in (".js", ".py", ".json")
    }
    assert len(found) == 4
    [convention] = set.union(*found.values())
    project = yaml.safe_load((PROJECT / "dbt_project.yml").read_text())
    assert project["vars"]["segment_experiments"]["naming_convention"] == convention
    assert re.search(convention, HERO)
