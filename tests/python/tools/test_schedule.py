"""The scheduled run: its exit codes, its second try, what it keeps, and whom it tells.

A stand-in for dbt answers as each case says; the last test runs the real one.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.python.harness.warehouse import PROJECT, profiles

RUN = PROJECT / "examples" / "schedule" / "run.sh"
STAND_IN = """#!/usr/bin/env bash
echo "$*" >> calls.txt
mkdir -p target && echo "{}" > target/run_results.json
case "$*" in
    *parse*) exit ${PARSE:-0} ;;
    *freshness*) exit ${FRESHNESS:-0} ;;
    retry) exit ${RETRY:-0} ;;
    *) exit ${BUILD:-0} ;;
esac
"""


def run(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the script in a folder, with a dbt that ends as the environment says."""
    stand_in = folder / "dbt"
    stand_in.write_text(STAND_IN)
    stand_in.chmod(0o755)
    return subprocess.run(
        [RUN],
        cwd=folder,
        env={
            **os.environ,
            "DBT": str(stand_in),
            "RETRY_AFTER_SECONDS": "0",
            "ARTIFACTS_DIR": str(folder / "kept"),
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
    )


def calls(folder: Path) -> list[str]:
    return (folder / "calls.txt").read_text().splitlines()


@pytest.mark.parametrize(
    ("answers", "code", "made"),
    [
        ({}, 0, ["source freshness", "build"]),
        ({"BUILD": "1"}, 0, ["source freshness", "build", "retry"]),
        ({"BUILD": "1", "RETRY": "1"}, 1, ["source freshness", "build", "retry"]),
        ({"FRESHNESS": "1"}, 2, ["source freshness", "build"]),
        ({"FRESHNESS": "1", "BUILD": "1", "RETRY": "1"}, 1, ["source freshness", "build", "retry"]),
        ({"PARSE": "2"}, 3, []),
    ],
)
def test_the_exit_code_says_what_happened(tmp_path, answers, code, made):
    ended = run(tmp_path, **answers)
    assert ended.returncode == code, ended.stderr
    done = [call for call in calls(tmp_path) if "parse" not in call]
    assert done == made


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ({}, None),
        ({"BUILD": "1"}, None),
        ({"BUILD": "1", "RETRY": "1"}, "models or tests failed"),
        ({"FRESHNESS": "1"}, "a source is stale"),
        ({"PARSE": "2"}, "dbt could not start"),
    ],
)
def test_somebody_is_told_when_a_person_is_needed(tmp_path, answers, told):
    script = tmp_path / "alert"
    script.write_text('#!/usr/bin/env bash\necho "$1" >> alert.txt\n')
    script.chmod(0o755)
    run(tmp_path, ALERT_COMMAND=str(script), **answers)
    alerts = tmp_path / "alert.txt"
    assert alerts.exists() == (told is not None)
    if told:
        assert told in alerts.read_text()


def test_what_dbt_wrote_is_kept(tmp_path):
    run(tmp_path, BUILD="1")
    [folder] = (tmp_path / "kept").iterdir()
    assert {path.name for path in folder.iterdir()} >= {
        "build-run_results.json",
        "retry-run_results.json",
    }


def test_with_dbt_itself(tmp_path):
    ended = subprocess.run(
        [RUN],
        cwd=PROJECT,
        env={
            **os.environ,
            "DBT": str(Path(sys.executable).with_name("dbt")),
            "DBT_PROFILES_DIR": str(profiles(tmp_path)),
            "DBT_TARGET_PATH": str(tmp_path / "target"),
            "DUCKDB_PATH": str(tmp_path / "warehouse.duckdb"),
            "ARTIFACTS_DIR": str(tmp_path / "kept"),
            "BUILD_ARGUMENTS": "--select experiments --exclude resource_type:test",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    [folder] = (tmp_path / "kept").iterdir()
    assert "build-run_results.json" in {path.name for path in folder.iterdir()}
    assert "dbt.log" in {path.name for path in folder.iterdir()}
