"""A warehouse on a day when something goes wrong: half of the data has arrived, and dbt has run."""

from __future__ import annotations

from typing import Any

import duckdb

from tests.python.harness.warehouse import Warehouse
from tests.python.worlds.arrival_cases import NAMED
from tests.python.worlds.arrival_plans import BASE, Plan, Step
from tests.python.worlds.arrival_worlds import (
    Delivery,
    ab_assigned,
    alias,
    as_loaded,
    exposure,
    identify,
    numbered,
    order,
    registered,
)
from tests.python.worlds.arrivals import MADE_ANEW, Rivals, clock_of, clock_world, load_step

# The registry is the same on both days, and so are the columns: the next run has to make good what
# went wrong by adding to what is there, unless something else makes it compute everything.
PLAN = Plan((Step(BASE), Step(BASE)), has_all_tables=True)
RUN = ("run", "--exclude", *MADE_ANEW)
ROWS = {
    **NAMED,
    # Variants that are numbers, whatever the type of their column.
    "w1": numbered(
        [
            ab_assigned(batch, day, None, f"u{day}", str(day % 2), "numbers")
            for batch, day in ((0, 1), (0, 2), (3, 3), (3, 4))
        ]
    ),
    # Segment's table of all events is there from the first day.
    "w4": numbered(
        [
            sent := exposure(0, 4, "d", "u", "b"),
            Delivery("tracks", 0, {**sent.row, "event": sent.table}),
        ]
    ),
    # An experiment with enough users for every column of the results.
    "w2": numbered(
        [
            sent
            for number in range(40)
            for user, day in [(f"u{number}", number % 20)]
            for sent in (
                exposure(number % 4, day, f"d{number}", user, "bc"[number % 2]),
                order(3 - number % 4, day + number % 5, f"d{number}", revenue=number / 4),
            )
        ]
        + [registered(0, "colour", variants={"b": 0.5, "c": 0.5})]
    ),
    # People who want to be forgotten: what they did linked devices and accounts.
    "w3": numbered(
        [
            *[exposure(0, 4, device, None, "bc"[place]) for place, device in enumerate("dz")],
            *[order(0, 6, device, None, 2.0) for device in "dz"],
            *[identify(0, 5, device, "m", colour="b") for device in "dz"],
            *[identify(0, day, "B", user) for day, user in enumerate("mCxb")],
            exposure(0, 4, "B"),
            exposure(0, 3, "e", "C"),
            exposure(0, 7, "f", "x", "c"),
            order(0, 8, "e", "C", 4.0),
            alias(0, 9, "C", "x"),
            identify(3, 10, "z", "C"),
            order(3, 11, "z", None, 8.0),
        ]
    ),
}
ROWS["clock"] = clock_world(clock_of(ROWS))
# Each batch is loaded on a day of its own, and rows that go away are missing on theirs.
WORLDS = {prefix: [as_loaded(sent) for sent in world] for prefix, world in ROWS.items()}
RAW = (
    "experiment_viewed",
    "ab_test_assigned",
    "identifies",
    "aliases",
    "order_completed",
    "tracks",
)


class Day:
    """The warehouse on the day when something goes wrong.

    Args:
        rivals: the warehouse, and the one to compare it with.

    Attributes:
        reason: why the last run computed everything; None when it only added.
    """

    def __init__(self, rivals: Rivals) -> None:
        self.rivals = rivals
        self.reason: str | None = None

    @property
    def warehouse(self) -> Warehouse:
        """The warehouse that is kept."""
        return self.rivals.kept

    def execute(self, *statements: str) -> None:
        """Run statements in the database."""
        self.warehouse.execute(*statements)

    def change(self, *statements: str) -> None:
        """Run statements of which each has to concern a row: otherwise it would be no fault."""
        with duckdb.connect(str(self.warehouse.path)) as connection:
            for sql in statements:
                [rows] = connection.execute(sql).fetchone()
                assert rows > 0, sql

    def set_aside(self, *tables: str) -> None:
        """Copy raw tables to where nobody reads them."""
        self.execute("create schema if not exists aside")
        for table in tables:
            self.execute(f"create table aside.{table} as from segment.{table}")

    def bring_back(self, *tables: str) -> None:
        """Make raw tables what they were when they were set aside."""
        for table in tables:
            self.execute(f"create or replace table segment.{table} as from aside.{table}")

    def data_arrive(self) -> None:
        """Load the second half of the worlds."""
        load_step(self.warehouse, PLAN, 1, WORLDS)

    def run(self, **settings: Any) -> None:
        """`dbt run`, without a full refresh."""
        error = self.rivals.run(self.warehouse, {**BASE, **settings})
        assert error is None, error
        self.reason = self.rivals.dbt.reason

    def run_part(self, *selected: str, **settings: Any) -> None:
        """`dbt run --select`."""
        error = self.rivals.run(self.warehouse, {**BASE, **settings}, "--select", *selected)
        assert error is None, error

    def assert_healed(self, **settings: Any) -> None:
        """After a run the marts equal those of a full refresh."""
        self.run(**settings)
        self.assert_right(**settings)

    def assert_added(self) -> None:
        """The last run only added to what was there: computing everything makes anything good."""
        assert self.reason is None, f"It computed everything, because {self.reason}."

    def assert_right(self, **settings: Any) -> None:
        """The marts equal those of a full refresh."""
        self.rivals.assert_equal({**BASE, **settings})
