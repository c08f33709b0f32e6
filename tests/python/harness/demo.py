"""The demo, built once for all processes of a test run, and worlds of other sizes."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.python.harness.warehouse import PROJECT, Warehouse

SETTINGS = {"demo_data": True, "exports": "all"}


def built_demo(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """A warehouse in which dbt has built the demo with all exports and run its data tests.

    Args:
        tmp_path_factory: pytest's.

    Returns:
        A copy that the caller may change; the compiled SQL is not in it.
    """
    base = tmp_path_factory.getbasetemp()
    # The processes of pytest-xdist have folders beside each other.
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "built-demo"
    shared.mkdir(exist_ok=True)
    with (shared / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (shared / "done").exists():
            demo = Warehouse(shared, SETTINGS)
            demo.dbt("build", "--exclude", "resource_type:unit_test")
            (shared / "done").touch()
    copy = tmp_path_factory.mktemp("demo")
    shutil.copy(shared / "warehouse.duckdb", copy)
    return Warehouse(copy, SETTINGS)


def generated_world(folder: Path, users: int, seed: int) -> Warehouse:
    """A warehouse with the raw tables of a simulated world; its truth is in the folder `truth`.

    Args:
        folder: an empty one.
        users: their number.
        seed: of the simulation.
    """
    warehouse = Warehouse(folder)
    subprocess.run(
        [
            *(sys.executable, "-m", "demo.generate", "--users", str(users), "--seed", str(seed)),
            *("--format", "duckdb", "--duckdb-path", str(warehouse.path), "--schema", "segment"),
            *("--out", str(folder)),
        ],
        cwd=PROJECT,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return warehouse
