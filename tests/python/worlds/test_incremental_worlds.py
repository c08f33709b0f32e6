"""An incremental run gives what a full refresh gives, whatever arrives in whatever order.

Random worlds arrive in batches. After each batch dbt runs, is killed, runs again, with settings
that change in between; then all marts are compared, row for row, with those of a full refresh of
the same raw data in a new database. Many worlds share a warehouse, so a few runs of dbt test all
of them.

When marts differ, the test looks for the fewest rows with which they still do, and prints them.

    INCREMENTAL_WORLDS=2000     worlds to try (default 80)
    INCREMENTAL_SEED=7          others than the usual ones
    INCREMENTAL_SHRINK=900      seconds for the search for smaller examples (default 300)

A run that computes everything is hardly a test of that, so most plans leave the registry and the
settings as they are, and the tests count the runs that only add.
"""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Iterator
from dataclasses import replace

import pyarrow as pa
import pytest

from tests.python.harness.mart_differences import (
    BEHIND_MARTS,
    GRAIN,
    Difference,
    differences,
    report,
)
from tests.python.harness.warehouse import PROJECT
from tests.python.worlds.arrival_cases import (
    ACTIVATION_REGISTERED,
    ACTIVATION_TAKEN_BACK,
    CASES,
    NAMED,
    REGISTRY_CHANGES,
    TIES,
)
from tests.python.worlds.arrival_plans import BASE, SHORT, Plan, Step, plans
from tests.python.worlds.arrival_worlds import BATCHES, World, placed, worlds
from tests.python.worlds.arrivals import (
    SEED,
    Clock,
    Outcome,
    Rivals,
    Worlds,
    arrive,
    clock_of,
    generated,
    worlds_in,
)

USUAL_SEED = 0
USUAL_WORLDS = 80
WORLDS = int(os.environ.get("INCREMENTAL_WORLDS", USUAL_WORLDS))
SHRINK_SECONDS = float(os.environ.get("INCREMENTAL_SHRINK", "300"))
WORLDS_PER_PLAN = 40
PLANS = math.ceil(WORLDS / WORLDS_PER_PLAN)
CANDIDATES = 60  # Smaller worlds that are tried at once.
MANY_PLANS = 100


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

    seconds = SHRINK_SECONDS  # Left for all searches together.

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
        self.until = time.monotonic() + Smaller.seconds

    def search(self) -> None:
        """Make `plan` and `worlds` smaller, and set `found` to what differs then."""
        self._search()
        Smaller.seconds = self.until - time.monotonic()

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
        """Without kills, repeated runs, and changes of settings and of the registry."""
        without_kills = [replace(step, kills=(), runs=1) for step in self.plan.steps]
        last = self.plan.steps[-1].settings
        for change in (
            lambda steps: [replace(step, suppressed=0) for step in steps],
            lambda steps: [replace(step, settings=BASE) for step in without_kills],
            lambda steps: [replace(step, settings=last) for step in without_kills],
            lambda steps: without_kills,
            lambda steps: [replace(step, settings=last) for step in steps],
        ):
            simpler = replace(self.plan, steps=tuple(change(self.plan.steps)))
            if simpler != self.plan and self._differ(self.worlds, simpler):
                break
        simpler = replace(self.plan, registry_changes=False)
        if simpler != self.plan:
            self._differ(self.worlds, simpler)

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
        yield f"step {number}: settings {json.dumps(changed)}, suppressed {step.suppressed}"
        for prefix, world in all_worlds.items():
            for sent in world:
                if plan.step_of(sent.table, sent.batch, BATCHES) == number:
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


@pytest.fixture(scope="module")
def rivals(tmp_path_factory) -> Rivals:
    folder = tmp_path_factory.mktemp("incremental")
    return Rivals(folder)


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


def test_named_cases(rivals):
    check(rivals, Plan((Step(BASE),) * BATCHES), NAMED)


def test_the_registry_changes(rivals):
    check(rivals, Plan((Step(BASE),) * 2, registry_changes=True), REGISTRY_CHANGES)


def test_copies_that_arrived_together(rivals):
    check(rivals, Plan((Step(BASE),) * 2), {"w0": TIES})


@pytest.mark.parametrize(
    ("world", "registry_changes"), [(ACTIVATION_REGISTERED, True), (ACTIVATION_TAKEN_BACK, False)]
)
def test_activations_change(rivals, world, registry_changes):
    check(rivals, Plan((Step(BASE),) * 2, registry_changes=registry_changes), {"w0": world})


def plan_of(number: int, seed: int = SEED) -> Plan:
    """A random plan. The registry changes in one of five, and every other one has short windows."""
    base = SHORT if number % 2 else BASE
    return generated(plans(base, registry_changes=number % 5 == 3), number, seed)


def later_steps(plan: Plan) -> list[bool]:
    """Whether the run has to only add, for each step with data and a run after the first."""
    return [
        plan.only_adds(number)
        for number, step in enumerate(plan.steps)
        if number > 0 and step.runs and not step.is_empty
    ]


@pytest.mark.parametrize("number", range(PLANS))
def test_random_worlds(rivals, number):
    places = range(number * WORLDS_PER_PLAN, (number + 1) * WORLDS_PER_PLAN)
    random_worlds = {f"w{place}": generated(worlds(), place) for place in places}
    plan = plan_of(number)
    done = len(rivals.reasons)
    check(rivals, plan, {**random_worlds, **NAMED})
    reasons = rivals.reasons[done:]
    steps = zip(reasons, later_steps(plan), strict=True)
    assert [reason for reason, only_adds in steps if only_adds and reason] == []


@pytest.mark.parametrize(
    ("seed", "count", "share"),
    [(USUAL_SEED, USUAL_WORLDS // WORLDS_PER_PLAN, 1 / 3), (SEED, MANY_PLANS, 0.4)],
    ids=["those of a usual test", "many, as four of another seed may have bad luck"],
)
def test_enough_runs_only_add(seed, count, share):
    """Runs that compute everything are right by themselves: enough of the above have to add."""
    steps = [
        only_adds for number in range(count) for only_adds in later_steps(plan_of(number, seed))
    ]
    assert len(steps) >= count
    assert sum(steps) >= share * len(steps), f"{sum(steps)} of {len(steps)} runs only add"


def test_all_that_is_kept_between_runs_is_compared():
    models = {path.stem: path.read_text() for path in (PROJECT / "models").rglob("*.sql")}
    kept = {name for name, sql in models.items() if "**segment_experiments.by_" in sql}
    assert set(BEHIND_MARTS) == kept
    # The model mart_experiments has another name than its table.
    assert {name.removeprefix("mart_") for name in models} >= GRAIN.keys()


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
