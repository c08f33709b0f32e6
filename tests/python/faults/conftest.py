"""Fixtures of the tests in which a day goes wrong."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from tests.python.faults.fault_days import PLAN, WORLDS, Day
from tests.python.harness.dbt_process import DbtProcess
from tests.python.worlds.arrivals import Rivals, load_step


@pytest.fixture(scope="module")
def rivals(tmp_path_factory) -> Iterator[Rivals]:
    folder = tmp_path_factory.mktemp("faults")
    dbt = DbtProcess(folder / "dbt.log")
    rivals = Rivals(folder, dbt)
    load_step(rivals.kept, PLAN, 0, WORLDS)
    Day(rivals).run()
    shutil.copy(rivals.kept.path, folder / "morning.duckdb")
    yield rivals
    dbt.close()


@pytest.fixture
def day(rivals) -> Day:
    """A day that begins with half of the data, and marts of it."""
    rivals.start(rivals.folder / "morning.duckdb")
    return Day(rivals)
