"""What the demo says of dbt's log: faults that are there on purpose, and everything else."""

import json

import pytest

from demo import run
from demo.config import PLANTED_FAULTS
from demo.faults_table import missing_faults, summary

PLANTED = [fault.check for fault in PLANTED_FAULTS]


def warnings(node: str, status: str = "warn") -> list[str]:
    """The three lines that dbt writes in JSON about a test that warned."""
    level = "error" if status == "fail" else "warn"
    told = [
        ("LogTestResult", f"206 of 309 WARN 1 {node} ... [\x1b[33mWARN 1\x1b[0m in 0.10s]"),
        ("RunResultWarning", f"\x1b[33mWarning in test {node} (models/x.yml)\x1b[0m"),
        ("RunResultWarningMessage", "Got 1 result, configured to warn if >= 1"),
    ]
    return [
        json.dumps(
            {
                "data": {"node_info": {"node_name": node, "resource_type": "test"}},
                "info": {"level": level, "name": name, "msg": message},
            }
        )
        for name, message in told
    ]


def plain(level: str, message: str) -> str:
    return json.dumps({"data": {}, "info": {"level": level, "name": "Note", "msg": message}})


def read(*lines: str) -> tuple[set[str], list[str]]:
    shown = []
    found = run.read_log(lines, lambda text: shown.append(text.plain))
    return found, shown


def test_a_fault_on_purpose_is_found_and_not_shown_as_a_warning():
    found, shown = read(
        *[line for check in PLANTED for line in warnings(f"tracking_{check}_stays_below")]
    )
    assert found == set(PLANTED)
    assert shown == []


@pytest.mark.parametrize(
    "node",
    [
        "tracking_source_stale_stays_below",
        "registry_ids_are_listed_once",
        f"tracking_{PLANTED[0]}_stays_below_of_somebody_else",
    ],
)
def test_another_warning_is_shown(node):
    found, shown = read(*warnings(node))
    assert found == set()
    assert shown == [
        f"206 of 309 WARN 1 {node} ... [WARN 1 in 0.10s]",
        f"Warning in test {node} (models/x.yml)",
        "Got 1 result, configured to warn if >= 1",
    ]


def test_a_fault_on_purpose_that_fails_the_build_is_shown():
    found, shown = read(*warnings(f"tracking_{PLANTED[0]}_stays_below", "fail"))
    assert found == set()
    assert len(shown) == 3


def test_what_is_no_test_is_shown_by_its_level():
    found, shown = read(
        plain("info", "Running"),
        plain("warn", "A deprecation"),
        plain("error", "An error"),
        "no JSON\n",
    )
    assert found == set()
    assert shown == ["A deprecation", "An error", "no JSON"]


def test_the_bar_advances_with_every_node():
    line = {
        "data": {"index": 3, "total": 9, "node_info": {"node_name": "experiments"}},
        "info": {"level": "info", "name": "LogModelResult", "msg": "OK"},
    }
    calls = []
    run.read_log([json.dumps(line)], print, lambda *call: calls.append(call))
    assert calls == [(3, 9, "experiments")]


def test_the_line_says_how_many_faults_were_found():
    count = len(PLANTED)
    assert f"found {count} of {count} faults" in summary(set(PLANTED)).plain
    assert "missing" not in summary(set(PLANTED)).plain
    for fault in PLANTED_FAULTS:
        line = summary(set(PLANTED) - {fault.check}).plain
        assert f"found {count - 1} of {count} faults" in line
        assert line.endswith(f"missing: {fault.check} ({fault.words}).")


@pytest.mark.parametrize(
    ("found", "code"), [(set(PLANTED), 0), (set(PLANTED[1:]), 1), (set(), 1), (None, 1)]
)
def test_the_exit_code_says_whether_every_fault_was_found(found, code, monkeypatch, capsys):
    for name, value in {
        "build": found,
        "read_faults": [],
        "read_results": [],
        "write": 1_000_000,
    }.items():
        monkeypatch.setattr(run, name, lambda *_, value=value: value)
    assert run.main() == code
    if found is not None:
        missing = len(missing_faults(found))
        printed = capsys.readouterr().out
        assert f"found {len(PLANTED) - missing} of {len(PLANTED)} faults" in printed
