"""A run leaves the tables as they are when nothing arrived and nothing changed, and only then."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.python.faults.fault_days import Day
from tests.python.harness.mart_differences import assert_same, read_marts
from tests.python.harness.warehouse import PROJECT
from tests.python.worlds.arrival_plans import BASE

UNCHANGED = "nothing arrived and nothing changed since the last run"
BUILT = re.compile(
    r"OK created sql (?:table|incremental)(?:_if_changed)? model \S+\.(\w+) \.* \[(\w+) "
)
REGISTRY = "analytics_staging.registry_experiments"


def built(day: Day) -> set[str]:
    """The tables that the last run wrote."""
    found = BUILT.findall(day.rivals.dbt.printed)
    assert len(found) > 50, day.rivals.dbt.printed
    return {table for table, message in found if message != "UNCHANGED"}


def is_idle(day: Day, **settings: Any) -> bool:
    """Whether a run leaves the tables as they are; it says so in one line, and does as it says."""
    day.run(**settings)
    says_so = day.rivals.dbt.printed.count(UNCHANGED) == 1
    assert says_so == (built(day) == {"int_arrivals", "int_processed_arrivals"})
    return says_so


def width(day: Day) -> float:
    """Of all intervals together."""
    [row] = day.warehouse.query("select sum(upper - lower) as width from experiment_retention")
    return row["width"]


def test_nothing_arrives(day):
    """Until something changes, and again when it has been taken into account."""
    before = read_marts(day.warehouse.path)
    assert is_idle(day)
    assert_same(read_marts(day.warehouse.path), before)
    assert is_idle(day)

    day.change(f"update {REGISTRY} set owner = 'somebody else' where experiment_id = 'w2-colour'")
    assert not is_idle(day)
    [row] = day.warehouse.query("select owner from experiments where experiment_id = 'w2-colour'")
    assert row["owner"] == "somebody else"
    assert is_idle(day)

    day.execute("drop table analytics.experiment_retention")
    assert not is_idle(day)
    wide = width(day)
    assert is_idle(day)

    # A setting that nothing which is kept depends on.
    assert not is_idle(day, confidence_level=0.5)
    assert width(day) < wide / 2
    assert is_idle(day, confidence_level=0.5)
    assert not is_idle(day)
    assert width(day) == pytest.approx(wide, rel=1e-12)

    # A part that is run with other settings is undone by the next run of everything.
    day.run_part("experiment_retention", confidence_level=0.5)
    assert not is_idle(day)
    assert width(day) == pytest.approx(wide, rel=1e-12)
    assert is_idle(day)

    day.data_arrive()
    assert not is_idle(day)
    day.assert_right()


def test_everything_is_asked_for(day):
    """A full refresh writes every table, and the run after it writes none."""
    assert is_idle(day)
    error = day.rivals.run(day.warehouse, BASE, "--full-refresh")
    assert error is None
    assert "experiment_results" in built(day)
    assert "experiment_assignments" in built(day)
    assert is_idle(day)


def test_what_failed_is_known(day):
    """A mart that no other model reads can fail in a run that is complete otherwise."""
    results = [
        {
            "node": {
                "name": f"{status} {number}",
                "resource_type": kind,
                "package_name": package,
                "config": {"materialized": materialized},
            },
            "status": status,
        }
        for number, (kind, package, materialized) in enumerate(
            [
                ("model", "segment_experiments", "table_if_changed"),
                ("model", "segment_experiments", "ephemeral"),
                ("model", "acme", "table"),
                ("test", "segment_experiments", "test"),
            ]
        )
        for status in ("success", "error", "skipped")
    ]
    failed = day.warehouse.compile_inline(
        f"{{{{ segment_experiments.failed_models({json.dumps(results)}) | join(', ') }}}}"
    )
    assert failed.strip() == "error 0, skipped 0"


def test_the_release_is_that_of_the_project():
    """An update of the package makes the tables anew, so the digest of a run has its version."""
    [version] = re.findall(r"^version: (\S+)$", (PROJECT / "dbt_project.yml").read_text(), re.M)
    [known] = re.findall(
        r"macro package_version\(\) %\}\s*\{\{ return\('(.*?)'\)",
        (PROJECT / "macros/incremental/unchanged_runs.sql").read_text(),
    )
    assert known == version
