"""Worlds that arrive in a warehouse, step by step, and a rival that is built anew each time."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections import defaultdict
from datetime import datetime
from pathlib import Path
from typing import Any
from zlib import crc32

from hypothesis import HealthCheck, Phase, given, seed
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.python.harness.dbt_process import KilledError, kept_dbt
from tests.python.harness.mart_differences import Difference, Marts, differences, read_marts, report
from tests.python.harness.model_project import MODELS, model_project
from tests.python.harness.warehouse import PROJECT, Warehouse, profiles
from tests.python.worlds.arrival_plans import Plan, Step
from tests.python.worlds.arrival_worlds import (
    BATCHES,
    REGISTRY,
    Delivery,
    World,
    placed,
    raw_table,
    trait_columns,
    with_prefix,
)

SEED = int(os.environ.get("INCREMENTAL_SEED", "0"))

Worlds = dict[str, World]
Clock = dict[int, datetime]
Outcome = tuple[int, list[Difference]]

# Models that each run makes anew from other tables of the project, and that take half of its time.
# What they are made of is compared instead (mart_differences.BEHIND_MARTS).
MADE_ANEW = ("path:models/joint", "int_slice_estimates+")


class Rivals:
    """Two warehouses with the same raw data: one is kept, the other made anew for each comparison.

    Args:
        folder: for both, and for dbt's files.
        models: names of models by the raw table that they read.

    Attributes:
        dbt: runs dbt.
        reasons: why runs computed everything, None where they only added: of each step in which
            data arrived after the first one, the first run that did not die.
    """

    def __init__(self, folder: Path, models: dict[str, str] | None = None) -> None:
        self.folder = folder
        self.dbt = kept_dbt()
        self.profiles = profiles(folder)
        self.project = model_project(tuple((models or MODELS).items()))
        self.refreshed: dict[str, Marts] = {}
        self.reasons: list[str | None] = []
        self.start()

    def start(self, copied: Path | None = None) -> None:
        """Forget all data, and begin with nothing, or with a copy of a DuckDB file."""
        self.kept = self._new("kept")
        if copied:
            shutil.copy(copied, self.kept.path)
        else:
            self.kept.register([], [])

    def run(
        self, warehouse: Warehouse, settings: dict, *arguments: str, kill_after: int | None = None
    ) -> str | None:
        """`dbt run`; None, or its error."""
        text = json.dumps({**warehouse.settings, **settings}, sort_keys=True)
        return self.dbt.run(
            [
                *("run", *arguments, "--vars", text, "--exclude", *MADE_ANEW),
                *("--target-path", str(self.folder / "target")),
                *("--log-path", str(self.folder / "logs")),
                *("--project-dir", str(self.project), "--profiles-dir", str(self.profiles)),
            ],
            {"DUCKDB_PATH": str(warehouse.path), "DBT_TARGET": "duckdb"},
            kill_after,
        )

    def compare(self, settings: dict) -> list[Difference]:
        """Where the marts differ from those of a full refresh of the same raw data."""
        return differences(read_marts(self.kept.path), self._refreshed(settings))

    def assert_equal(self, settings: dict) -> None:
        """Fail with what differs from a full refresh."""
        found = self.compare(settings)
        assert not found, "\n" + report(found)

    def _refreshed(self, settings: dict) -> Marts:
        """The marts of a full refresh; what was built before is not built again."""
        key = self.kept.raw_fingerprint() + json.dumps(settings, sort_keys=True)
        if key not in self.refreshed:
            fresh = self._new("fresh")
            self.kept.copy_raw_to(fresh.path)
            error = self.run(fresh, settings, "--full-refresh")
            assert error is None, f"dbt run --full-refresh fails: {error}"
            self.refreshed[key] = read_marts(fresh.path)
        return self.refreshed[key]

    def _new(self, name: str) -> Warehouse:
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        for file in folder.glob("warehouse.duckdb*"):
            file.unlink()
        return Warehouse(folder)


def load_step(warehouse: Warehouse, plan: Plan, step: int, all_worlds: Worlds) -> None:
    """Load what arrives in a step, and the registry as it is then."""
    load_rows(warehouse, plan, step, all_worlds)
    load_registry(warehouse, plan, step, all_worlds)


def load_rows(warehouse: Warehouse, plan: Plan, step: int, all_worlds: Worlds) -> None:
    """Load the rows that arrive in a step; the registry stays as it is."""
    rows, traits = defaultdict(list), set()
    for prefix, world in all_worlds.items():
        for sent in (sent for sent in world if sent.table != REGISTRY):
            row = placed(prefix, sent)
            traits |= trait_columns([row])
            if plan.has_all_tables:
                rows.setdefault(sent.table, [])
            if plan.step_of(sent.table, sent.batch, BATCHES) == step:
                rows[sent.table].append(row)
    for table, landed in rows.items():
        further = traits if plan.has_all_tables and table == "identifies" else set()
        warehouse.append(table, raw_table(table, landed, plan.left_out(step), further))


def load_registry(warehouse: Warehouse, plan: Plan, step: int, all_worlds: Worlds) -> None:
    """Replace the registry by its state in a step: of each experiment the latest entry."""
    entries: dict[str, dict] = {}
    for prefix, world in all_worlds.items():
        changes = [sent for sent in world if sent.table == REGISTRY]
        for sent in sorted(changes, key=lambda sent: sent.batch):
            if plan.step_of(REGISTRY, sent.batch, BATCHES) <= step:
                entries[with_prefix(prefix, sent.row["experiment_id"])] = sent.row
    experiments, variants = [], []
    for experiment, entry in entries.items():
        if entry.get("is_removed"):
            continue
        columns = ("control_variant", "started_at", "ended_at")
        dates = [entry.get(column) for column in columns]
        experiments.append((experiment, *dates, "orders", entry.get("activation_event")))
        for variant, share in (entry.get("variants") or {}).items():
            variants.append((experiment, variant, share))
    warehouse.register(experiments, variants)


def load_suppressed(warehouse: Warehouse, step: Step, all_worlds: Worlds) -> None:
    """Replace the list of suppressed users: some ids of the worlds, the same in each world."""
    listed = {}
    for prefix, world in all_worlds.items():
        for sent in world:
            for column in ("user_id", "anonymous_id", "previous_id"):
                text = (sent.row.get(column) or "").strip()
                choice = crc32(f"{step.suppressed} {text}".encode())
                if step.suppressed and choice % 6 == 0:
                    name = with_prefix(prefix, text)
                    listed[name] = [{"user_id": name}, {"anonymous_id": name}][choice // 6 % 2]
    warehouse.suppress(*listed.values())


def clock_of(all_worlds: Worlds) -> Clock:
    """The latest arrival of each batch: the time as of which the analysis is made."""
    times = defaultdict(list)
    for sent in (sent for world in all_worlds.values() for sent in world if sent.table != REGISTRY):
        times[sent.batch].append(sent.row["received_at"])
    return {batch: max(arrivals) for batch, arrivals in times.items()}


def clock_world(clock: Clock) -> World:
    """Somebody who looks at a screen at these times, so that smaller worlds have the same time."""
    return [
        Delivery("screens", batch, {"id": f"c{batch}", "anonymous_id": "t", **both})
        for batch, at in clock.items()
        for both in [{"timestamp": at, "received_at": at}]
    ]


def settings_of(step: Step, all_worlds: Worlds) -> dict[str, Any]:
    """The settings of a step; an id `*-m` stands for the user `m` of every world."""
    if "blocked_ids" not in step.settings:
        return step.settings
    blocked = [
        text.replace("*", prefix)
        for text in step.settings["blocked_ids"]
        for prefix in (all_worlds if "*" in text else [""])
    ]
    return {**step.settings, "blocked_ids": blocked}


def arrive(rivals: Rivals, plan: Plan, all_worlds: Worlds, clock: Clock) -> Outcome:
    """Let worlds arrive step by step, until the marts differ from a full refresh.

    Args:
        rivals: where to; what was there is forgotten.
        plan: steps.
        all_worlds: by their prefixes.
        clock: the time as of which the analysis is made, by batch.

    Returns:
        The first step after which something differs, and what.
    """
    rivals.start()
    models = len(list((PROJECT / "models").rglob("*.sql")))
    everything = {**all_worlds, "clock": clock_world(clock)}
    for number, step in enumerate(plan.steps):
        load_step(rivals.kept, plan, number, everything)
        load_suppressed(rivals.kept, step, all_worlds)
        settings = settings_of(step, all_worlds)
        for share in step.kills:
            try:
                error = rivals.run(rivals.kept, settings, kill_after=int(share * models))
            except KilledError:
                continue
            if error:
                return number, [Difference("dbt run", f"the run to be killed: {error}")]
        for run in range(step.runs):
            if error := rivals.run(rivals.kept, settings):
                return number, [Difference("dbt run", f"run {run + 1}: {error}")]
            if run == 0 and number > 0 and not step.is_empty:
                rivals.reasons.append(reason := rivals.dbt.reason)
                if reason and plan.only_adds(number):
                    return number, [Difference("dbt run", f"computes everything, because {reason}")]
        if step.runs and (found := rivals.compare(settings)):
            return number, found
    return len(plan.steps), []


def worlds_in(found: list[Difference], all_worlds: Worlds) -> list[str]:
    """The prefixes of the worlds that differences are about."""
    named = {
        prefix
        for difference in found
        for value in difference.values
        for prefix in re.findall(r"\b([wcs]\d+)[-_]", value)
    }
    return [prefix for prefix in all_worlds if prefix in named]


def generated(strategy: st.SearchStrategy, number: int, first_seed: int = SEED) -> Any:
    """A random value, the same in every run of the tests with the same seed.

    Each value comes from a seed of its own: values of one search are often variations of another.
    """
    values: list = []

    @seed(f"{first_seed}-{number}")
    @hypothesis_settings(
        # The first one is the simplest there is, and the second begins with another choice than it:
        # one that nobody needs.
        max_examples=2,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.booleans(), strategy)
    def collect(_: bool, value: Any) -> None:
        values.append(value)

    collect()
    return values[-1]
