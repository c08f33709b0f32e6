"""The program that makes the report, as a user runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.python.harness.warehouse import PROJECT, profiles


def run_report(
    folder: Path, target: Path, settings: dict[str, Any], *arguments: str
) -> subprocess.CompletedProcess[str]:
    """Run `python -m report` on the DuckDB file of a folder.

    Args:
        folder: with warehouse.duckdb.
        target: where dbt keeps what it has parsed.
        settings: dbt vars.
        arguments: further ones of the command line.
    """
    return subprocess.run(
        [
            *(sys.executable, "-m", "report", "--profiles-dir", str(profiles(folder))),
            *("--vars", json.dumps(settings), *arguments),
        ],
        cwd=PROJECT,
        env={
            **os.environ,
            "DUCKDB_PATH": str(folder / "warehouse.duckdb"),
            "DBT_TARGET": "duckdb",
            "DBT_TARGET_PATH": str(target),
            "DBT_LOG_PATH": str(target),
        },
        capture_output=True,
        text=True,
        check=False,
    )
