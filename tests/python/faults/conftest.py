"""Fixtures of the tests in which a day goes wrong."""

from __future__ import annotations

import shutil

import pytest

from tests.python.faults.fault_days import PLAN, WORLDS, Day
from tests.python.worlds.arrivals import Rivals, load_step


@pytest.fixture(scope="module")
def rivals(tmp_path_factory) -> Rivals:
    folder = tmp_path_factory.mktemp("faults")
    rivals = Rivals(folder)
    load_step(rivals.kept, PLAN, 0, WORLDS)
    Day(rivals).run()
    shutil.copy(rivals.kept.path, folder / "morning.duckdb")
    return rivals


@pytest.fixture
def day(rivals) -> Day:
    """A day that begins with half of the data, and marts of it."""
    rivals.start(rivals.folder / "morning.duckdb")
    return Day(rivals)
