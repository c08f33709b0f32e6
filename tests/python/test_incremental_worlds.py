"""An incremental run gives what a full refresh gives, whatever arrives in whatever order.

Random worlds arrive in batches. After each batch dbt runs, is killed, runs again, with settings
that change in between; then all marts are compared, row for row, with those of a full refresh of
the same raw data in a new database. Many worlds share a warehouse, so a few runs of dbt test all
of them.

When marts differ, the test looks for the fewest rows with which they still do, and prints them.

    INCREMENTAL_WORLDS=2000     worlds to try (default 160)
    INCREMENTAL_SEED=7          others than the usual ones
    INCREMENTAL_SHRINK=900      seconds for the search for smaller examples (default 300)
"""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given, seed
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.python.arrival_plans import BASE, Plan, Step, plans
from tests.python.arrival_worlds import (
    BATCHES,
    REGISTRY,
    START,
    Delivery,
    World,
    alias,
    copy,
    exposure,
    identify,
    message,
    numbered,
    order,
    placed,
    raw_table,
    registered,
    with_prefix,
    worlds,
)
from tests.python.dbt_process import DbtProcess, KilledError
from tests.python.mart_differences import Difference, differences, read_marts, report
from tests.python.warehouse import PROJECT, Warehouse, profiles

WORLDS = int(os.environ.get("INCREMENTAL_WORLDS", "160"))
SEED = int(os.environ.get("INCREMENTAL_SEED", "0"))
SHRINK_SECONDS = float(os.environ.get("INCREMENTAL_SHRINK", "300"))
WORLDS_PER_PLAN = 40
PLANS = math.ceil(WORLDS / WORLDS_PER_PLAN)
CANDIDATES = 60  # Smaller worlds that are tried at once.

Worlds = dict[str, World]
Clock = dict[int, datetime]
Outcome = tuple[int, list[Difference]]


# ------------------------------------------------------------------------------------ named cases

# Batches are 0 to 3. A plan of two steps takes 0 and 1 in the first, 2 and 3 in the second.
CASES: dict[str, World] = {
    "the copy that is loaded later arrived earlier": [
        sent := exposure(0, 4, "d", id="e", context_device_type="phone"),
        copy(sent, 3, hours=-5, shifted=True),
    ],
    "the earlier copy says another variant": [
        sent := exposure(0, 4, "d", id="e"),
        replace(copy(sent, 3, hours=-5), row={**copy(sent, 3, -5).row, "variant": "control"}),
        order(1, 5, "d"),
    ],
    "the earlier copy belongs to somebody else": [
        sent := exposure(0, 4, "d", id="e"),
        replace(copy(sent, 3, hours=-5), row={**copy(sent, 3, -5).row, "anonymous_id": "z"}),
        order(1, 5, "d"),
        order(1, 5, "z", revenue=2.0),
    ],
    "the earlier copy has no id": [
        sent := exposure(0, 4, "d", id="e"),
        replace(copy(sent, 3, hours=-5), row={**copy(sent, 3, -5).row, "anonymous_id": " "}),
    ],
    "a copy weeks later": [
        sent := exposure(0, 4, "d", id="e"),
        copy(sent, 3, hours=500),
        copy(sent, 3, hours=500, shifted=True),
        bought := order(0, 5, "d"),
        copy(bought, 3, hours=500, shifted=True),
    ],
    "the same id in two tables": [
        sent := exposure(0, 4, "d", id="e"),
        Delivery("tracks", 3, {**sent.row}),
        Delivery("ab_test_assigned", 2, {**sent.row, "experiment_name": "colour"}),
    ],
    "rows without an id, again": [
        sent := exposure(0, 4, "d", id=None),
        copy(sent, 3, hours=-5),
        copy(sent, 2, hours=5),
        exposure(3, 4, "d", id=None, variant="control"),
    ],
    "an exposure before the first one": [
        exposure(0, 9, "d", context_device_type="phone"),
        exposure(3, 2, "d", context_device_type="tablet"),
        order(0, 5, "d"),
    ],
    "an exposure at the same time": [
        exposure(0, 9, "d", variant="c"),
        exposure(3, 9, "d", variant="b"),
    ],
    "who was anonymous logs in": [
        exposure(0, 4, "d"),
        exposure(0, 6, "e", variant="control"),
        order(0, 7, "d"),
        identify(3, 5, "d", "m"),
        identify(3, 8, "e", "m"),
    ],
    "an account is merged into another": [
        exposure(0, 4, "d", "m"),
        exposure(0, 4, "e", "x", variant="control"),
        order(0, 5, "e", "x"),
        alias(3, 8, "m", "x"),
    ],
    "a chain grows at both ends": [
        *[exposure(0, day, None, user) for day, user in enumerate("mCxb")],
        *[order(0, day + 1, None, user, 2.0**day) for day, user in enumerate("mCxb")],
        alias(1, 9, "C", "x"),
        alias(2, 9, "m", "C"),
        alias(3, 9, "x", "b"),
    ],
    "a cycle closes": [
        *[exposure(0, 4, None, user) for user in "mCx"],
        alias(0, 9, "m", "C"),
        alias(1, 9, "C", "x"),
        alias(3, 9, "x", "m"),
    ],
    "an older alias says otherwise": [
        *[exposure(0, 4, None, user) for user in "mCx"],
        alias(0, 9, "m", "C"),
        alias(3, 2, "m", "x"),
    ],
    "an administrator is no longer followed": [
        *[exposure(0, 4, None, user) for user in "mCxbZ"],
        alias(0, 9, "m", "C"),
        *[alias(3, 10, "m", user) for user in "xbZ"],
    ],
    "a device becomes shared": [
        exposure(0, 4, "d"),
        identify(0, 5, "d", "m"),
        order(0, 6, "d"),
        *[identify(batch, 9, "d", user) for batch, user in ((1, "C"), (2, "x"), (3, "b"))],
    ],
    "a device is no longer shared": [
        exposure(0, 4, "d"),
        *[identify(0, 5, "d", user) for user in "mCxb"],
        *[alias(3, 9, user, "m") for user in "Cxb"],
    ],
    "an older login claims the device": [
        exposure(0, 4, "d"),
        identify(0, 9, "d", "m"),
        identify(3, 2, "d", "x"),
    ],
    "what was a device is a user, too": [
        alias(0, 4, "g", "m"),
        exposure(0, 5, "g"),
        exposure(0, 5, None, "m", variant="control"),
        order(3, 6, None, "g"),
    ],
    "orders around the window, late": [
        exposure(0, 4, None, "m"),
        *[order(3, day, None, "m", 2.0**day) for day in (2, 4, 17, 18)],
        order(3, 17.999, None, "m", None),
    ],
    "windows pass while nothing happens": [exposure(0, 4, None, "m"), order(0, 12, None, "m")],
    "a trait column comes later": [
        exposure(0, 4, None, "m"),
        identify(0, 5, "d", "x", colour="b"),
        identify(3, 6, "d", "x", **{"price-test": "b"}),
        exposure(3, 7, None, "m", experiment="price-test"),
        exposure(3, 7, None, "m", experiment="price.test"),
    ],
    "an older identify has another trait": [
        exposure(0, 4, None, "m"),
        identify(0, 9, None, "m", colour="control"),
        identify(3, 2, None, "m", colour="b"),
        identify(3, 9, None, "m", colour="b"),
    ],
    "an experiment is registered after its start": [
        *[exposure(0, day, None, user, "cb"[day % 2]) for day, user in enumerate("mCxbZn")],
        registered(3, "colour", variants={"b": 0.5, "c": 0.5}, started_at=START),
    ],
    "an experiment moves and changes its control": [
        registered(0, "colour", variants={"b": 0.5, "c": 0.5}, control_variant="b"),
        *[exposure(0, day, None, user, "cb"[day % 2]) for day, user in enumerate("mCxbZn")],
        registered(
            3,
            "colour",
            variants={"b": 0.4, "c": 0.6},
            control_variant="c",
            started_at=START + timedelta(days=2),
        ),
    ],
    "times that cannot be": [
        message("experiment_viewed", 0, 4, "d", experiment_id="colour", variant="b"),
        exposure(1, 4, "d", timestamp=None),
        exposure(2, 4, "d", timestamp=datetime(1970, 1, 1), variant="c"),
        exposure(3, 4, "d", assigned_at=START),
        message("order_completed", 3, 5, "d", timestamp=None, revenue=1.0),
    ],
}


# ------------------------------------------------------------------------------------ arrivals


class Rivals:
    """Two warehouses with the same raw data: one is kept, the other made anew for each comparison.

    They lie at one path in turns, so that dbt can reuse what it parsed.

    Args:
        folder: for both, and for dbt's files.
        dbt: runs dbt.
    """

    def __init__(self, folder: Path, dbt: DbtProcess) -> None:
        self.folder = folder
        self.dbt = dbt
        self.profiles = profiles(folder)
        self.at = folder / "at"
        self.seconds_to_shrink = SHRINK_SECONDS
        self.start()

    def start(self) -> None:
        """Forget all data."""
        self.kept = self._new("kept")
        self.kept.register([], [])

    def run(
        self, warehouse: Warehouse, settings: dict, *arguments: str, kill_after: int | None = None
    ) -> str | None:
        """`dbt run`; None, or its error."""
        self.at.unlink(missing_ok=True)
        self.at.symlink_to(warehouse.folder)
        text = json.dumps({**warehouse.settings, **settings}, sort_keys=True)
        target = self.folder / "targets" / sha256(text.encode()).hexdigest()[:12]
        return self.dbt.run(
            [
                *("run", *arguments, "--vars", text),
                *("--target-path", str(target), "--log-path", str(self.folder / "logs")),
                *("--project-dir", str(PROJECT), "--profiles-dir", str(self.profiles)),
            ],
            {"DUCKDB_PATH": str(self.at / "warehouse.duckdb"), "DBT_TARGET": "duckdb"},
            kill_after,
        )

    def compare(self, settings: dict) -> list[Difference]:
        """Where the marts differ from those of a full refresh of the same raw data."""
        fresh = self._new("fresh")
        self.kept.copy_raw_to(fresh.path)
        error = self.run(fresh, settings, "--full-refresh")
        assert error is None, f"dbt run --full-refresh fails: {error}"
        return differences(read_marts(self.kept.path), read_marts(fresh.path))

    def _new(self, name: str) -> Warehouse:
        shutil.rmtree(self.folder / name, ignore_errors=True)
        (self.folder / name).mkdir()
        return Warehouse(self.folder / name)


def load_step(warehouse: Warehouse, plan: Plan, step: int, all_worlds: Worlds) -> None:
    """Load what arrives in a step."""
    rows = defaultdict(list)
    for prefix, world in all_worlds.items():
        for sent in world:
            if sent.table != REGISTRY and plan.step_of(sent.table, sent.batch, BATCHES) == step:
                rows[sent.table].append(placed(prefix, sent))
    for table, landed in rows.items():
        warehouse.append(table, raw_table(table, landed, plan.left_out(step)))
    load_registry(warehouse, plan, step, all_worlds)


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
        experiments.append((experiment, *[entry.get(column) for column in columns], "orders"))
        for variant, share in (entry.get("variants") or {}).items():
            variants.append((experiment, variant, share))
    warehouse.register(experiments, variants)


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
        if not step.is_empty:
            load_step(rivals.kept, plan, number, everything)
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


# ------------------------------------------------------------------------------------ smaller


class Smaller:
    """Looks for the fewest rows and the simplest steps with which the marts still differ.

    Args:
        rivals: to try in.
        plan: with which they differ; becomes simpler.
        all_worlds: with which they differ; become smaller.
        found: what differs; of what is left, in the end.
        clock: of all worlds.
    """

    def __init__(
        self,
        rivals: Rivals,
        plan: Plan,
        all_worlds: Worlds,
        found: list[Difference],
        clock: Clock,
    ) -> None:
        self.rivals = rivals
        self.plan = plan
        self.worlds = all_worlds
        self.found = found
        self.clock = clock
        self.until = time.monotonic() + rivals.seconds_to_shrink

    def search(self) -> None:
        """Make `plan` and `worlds` smaller, and set `found` to what differs then."""
        self._search()
        # All tests together have so much time.
        self.rivals.seconds_to_shrink = self.until - time.monotonic()

    def _search(self) -> None:
        named = worlds_in(self.found, self.worlds)
        smallest = min(named, key=lambda prefix: len(self.worlds[prefix]), default=None)
        if smallest is None or not self._differ({smallest: self.worlds[smallest]}):
            self._halve_worlds()
        self._simplify_plan()
        if len(self.worlds) == 1:
            self._drop_rows()

    def _drop_rows(self) -> None:
        """Many smaller versions of the world at once, as worlds of their own."""
        [(prefix, world)] = self.worlds.items()
        while candidates := self._candidates(world):
            tried = {f"s{number}": one for number, one in enumerate(candidates)}
            failing = worlds_in(self._arrive(tried, self.plan)[1], tried)
            if not failing:
                break
            world = min((tried[one] for one in failing), key=len)
        self._differ({prefix: world}, in_time=False)

    def _candidates(self, world: World) -> list[World]:
        """The world without a half, a quarter, ... a single one of its rows, and such parts."""
        sizes = sorted({max(1, len(world) // 2**power) for power in range(1, 8)}, reverse=True)
        parts = [(size, first) for size in sizes for first in range(0, len(world), size)]
        smaller = [world[first : first + size] for size, first in parts if size > 1]
        smaller += [world[:first] + world[first + size :] for size, first in parts]
        return [one for one in smaller if 0 < len(one) < len(world)][-CANDIDATES:]

    def _halve_worlds(self) -> None:
        """One half of the worlds after the other, when what differs names no single world."""
        while len(self.worlds) > 1:
            names = list(self.worlds)
            middle = len(names) // 2
            halves = [{name: self.worlds[name] for name in names[:middle]}]
            halves += [{name: self.worlds[name] for name in names[middle:]}]
            if not any(self._differ(half) for half in halves):
                break

    def _simplify_plan(self) -> None:
        """Without kills, without repeated runs, without changes of settings."""
        without_kills = [replace(step, kills=(), runs=1) for step in self.plan.steps]
        last = self.plan.steps[-1].settings
        for change in (
            lambda steps: [replace(step, settings=BASE) for step in without_kills],
            lambda steps: [replace(step, settings=last) for step in without_kills],
            lambda steps: without_kills,
            lambda steps: [replace(step, settings=last) for step in steps],
        ):
            simpler = replace(self.plan, steps=tuple(change(self.plan.steps)))
            if simpler != self.plan and self._differ(self.worlds, simpler):
                break

    def _differ(self, some: Worlds, plan: Plan | None = None, *, in_time: bool = True) -> bool:
        """Whether the marts differ with less; if so, less is kept."""
        plan = plan or self.plan
        step, found = self._arrive(some, plan, in_time=in_time)
        if found:
            self.worlds, self.found = some, found
            self.plan = replace(plan, steps=plan.steps[: step + 1])
        return bool(found)

    def _arrive(self, some: Worlds, plan: Plan, *, in_time: bool = True) -> Outcome:
        if in_time and time.monotonic() > self.until:
            return 0, []
        return arrive(self.rivals, plan, some, self.clock)


def told(plan: Plan, all_worlds: Worlds) -> Iterator[str]:
    """What arrives in each step and what dbt does then, as text."""
    for number, step in enumerate(plan.steps):
        changed = {name: value for name, value in step.settings.items() if BASE.get(name) != value}
        yield f"step {number}: settings {json.dumps(changed)}"
        for prefix, world in all_worlds.items():
            for sent in world:
                if not step.is_empty and plan.step_of(sent.table, sent.batch, BATCHES) == number:
                    cells = ", ".join(
                        f"{name} {value}"
                        for name, value in placed(prefix, sent).items()
                        if value is not None and name not in plan.left_out(number)
                    )
                    yield f"    {sent.table}: {cells}"
        for share in step.kills:
            yield f"    dbt run, killed after {share:.0%} of the models"
        yield from ["    dbt run"] * step.runs


# ------------------------------------------------------------------------------------ tests


def generated(strategy: st.SearchStrategy, number: int) -> Any:
    """A random value, the same in every run of the tests with the same seed.

    Each value comes from a seed of its own: values of one search are often variations of another.
    """
    values: list = []

    @seed(f"{SEED}-{number}")
    @hypothesis_settings(
        max_examples=2,  # The first one is the simplest there is.
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(value: Any) -> None:
        values.append(value)

    collect()
    return values[-1]


@pytest.fixture(scope="module")
def rivals(tmp_path_factory):
    folder = tmp_path_factory.mktemp("incremental")
    dbt = DbtProcess(folder / "dbt.log")
    yield Rivals(folder, dbt)
    dbt.close()


def check(rivals: Rivals, plan: Plan, all_worlds: Worlds) -> None:
    """Fail with a small example when the marts differ from a full refresh."""
    clock = clock_of(all_worlds)
    step, found = arrive(rivals, plan, all_worlds, clock)
    if not found:
        return
    named = worlds_in(found, all_worlds)
    cases = [name for number, name in enumerate(CASES) if f"c{number}" in named]
    less = Smaller(rivals, plan, all_worlds, found, clock)
    less.search()
    size = sum(len(world) for world in less.worlds.values())
    pytest.fail(
        "\n".join(
            [
                f"After step {step} an incremental run differs from a full refresh, in "
                f"{len(named)} of {len(all_worlds)} worlds.",
                *(["Named cases: " + "; ".join(cases)] if cases else []),
                report(found, shown=2),
                "",
                f"The smallest example found has {size} rows:",
                *(told(less.plan, less.worlds) if size < 200 else ["(too many to show)"]),
                report(less.found),
            ]
        ),
        pytrace=False,
    )


NAMED = {f"c{number}": numbered(world) for number, world in enumerate(CASES.values())}


def test_named_cases(rivals):
    check(rivals, Plan((Step(BASE),) * BATCHES), NAMED)


@pytest.mark.parametrize("number", range(PLANS))
def test_random_worlds(rivals, number):
    places = range(number * WORLDS_PER_PLAN, (number + 1) * WORLDS_PER_PLAN)
    random_worlds = {f"w{place}": generated(worlds(), place) for place in places}
    check(rivals, generated(plans(), number), {**random_worlds, **NAMED})


def test_the_comparison_sees_what_differs():
    mart = pa.table({"identifier": ["a", "b"], "value": [1.0, None], "count": [1, 2]})
    other = pa.table({"count": [2, 1], "value": [None, 1 + 1e-12], "identifier": ["b", "a"]})
    assert not differences({"mart": mart}, {"mart": other})
    for changed, text in [
        ({"count": [2, 3]}, "count 3, expected 1"),
        ({"value": [None, 1 + 1e-6]}, "value 1.000001, expected 1.0"),
        ({"value": [0.0, 1.0]}, "value 0.0, expected None"),
        ({"count": ["2", "1"]}, "column count: string, expected int64"),
        ({"further": [1, 1]}, "column further: int64, expected None"),
    ]:
        found = pa.table({**other.to_pydict(), **changed})
        assert text in report(differences({"identity_map": found}, {"identity_map": mart}))
    twice = pa.concat_tables([mart, mart])
    assert len(differences({"mart": twice}, {"mart": mart})) == 2
    assert len(differences({"mart": mart}, {"mart": twice})) == 2
    assert len(differences({}, {"mart": mart})) == len(differences({"mart": mart}, {})) == 1
