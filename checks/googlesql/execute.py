"""Runs the project with the real dbt over the warehouse in `warehouse.py`.

The engine is slow by design: keep the raw tables to some thousand rows.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from client import Server, WarehouseClient
from compare import ABOUT_THE_RUN
from compile_project import Compiler, connected
from graph import in_order, is_table, read_manifest, relation
from tables import ARRIVAL_COLUMN, Catalog, Table, read_table, write_table

SLOW_SECONDS = 5
FIRST_SHARE = 0.9  # of the raw rows, in the first of two runs
# The first of two runs leaves out what is made anew by each run and read by no other model.
STATE = "+int_processed_arrivals"
# Models whose demo rows are more than the engine's fixed 128 MB hold. Their statements are
# type-checked, and run on rows of nulls; int_metric_estimates is made by the same macros.
TOO_LARGE = (
    *("int_slice_estimates", "experiment_results_daily"),
    *("experiment_results_by_dimension", "experiment_effect_by_age"),
)


class RunError(Exception):
    """A run did something else than it should."""


def arrival_place(columns: list[tuple[str, str]]) -> int | None:
    """Where the arrival time stands among the columns of a raw table, if it has one."""
    names = [name.lower() for name, _ in columns]
    return names.index(ARRIVAL_COLUMN) if ARRIVAL_COLUMN in names else None


def write_first_rows(catalog: Catalog, raw: Path, out: Path) -> None:
    """Writes the first rows to arrive, and all of tables that do not tell when they arrived.

    The rest comes on few days: the engine reads a long list of days anew for each row.
    """
    tables = {
        key: read_table(raw / f"{'.'.join(key)}.json", columns) for key, columns in catalog.items()
    }
    places = {key: arrival_place(columns) for key, columns in catalog.items()}
    arrivals = sorted(
        row[place]
        for key, place in places.items()
        if place is not None
        for row in tables[key].rows
        if row[place] is not None
    )
    moment: dt.datetime = arrivals[int(len(arrivals) * FIRST_SHARE)]
    for key, table in tables.items():
        place = places[key]
        early = [
            row for row in table.rows if place is None or row[place] is None or row[place] < moment
        ]
        write_table(Table(table.columns, early), out / f"{'.'.join(key)}.json")


def write_blank_rows(catalog: Catalog, count: int, out: Path) -> None:
    """Writes raw tables of so many rows of nulls; none in tables without an arrival time."""
    for key, columns in catalog.items():
        blank = [None] * len(columns)
        rows = [] if arrival_place(columns) is None else [blank] * count
        write_table(Table(columns, rows), out / f"{'.'.join(key)}.json")


class Execution:
    """Runs of dbt over one warehouse."""

    client = WarehouseClient  # how dbt is connected

    def __init__(
        self, compiler: Compiler, server: Server, catalog: Catalog, left_out: Sequence[str] = ()
    ) -> None:
        """Begins with an empty warehouse.

        Args:
            compiler: dbt.
            server: The warehouse.
            catalog: The raw tables.
            left_out: Models that are not run.
        """
        self.left_out = left_out
        self.compiler = compiler
        self.server = server
        self.catalog = catalog

    def load(self, folder: Path) -> None:
        """Sets the contents of the raw tables."""
        self.server.fill(self.catalog, folder)

    def dbt(self, name: str, command: str, *arguments: str) -> WarehouseClient:
        """Runs a dbt command; returns the client that it talked to.

        Raises:
            DbtError: a model or test failed.
        """
        start = time.monotonic()
        client = self.client(self.server)
        with connected(client):
            arguments += ("--exclude", *self.left_out) if self.left_out else ()
            results = self.compiler.invoke(command, *arguments).results
        for result in results:
            if result.execution_time > SLOW_SECONDS:
                print(f"slow: {result.node.name} took {result.execution_time:.1f} s")
        counts = f"{len(results)} nodes ok, {client.statements} statements"
        print(f"{name}: {counts}, {time.monotonic() - start:.1f} s", flush=True)
        return client

    def operate(self, macro: str) -> None:
        """Runs a macro on the raw tables as they are.

        Raises:
            DbtError: it failed.
        """
        start = time.monotonic()
        client = self.client(self.server)
        with connected(client):
            self.compiler.invoke("run-operation", macro)
        print(
            f"{macro}: {client.statements} statements, {time.monotonic() - start:.1f} s", flush=True
        )

    def manifest(self) -> dict[str, Any]:
        """The manifest of the last run."""
        return read_manifest(self.compiler.work_dir / "target" / "manifest.json")

    def once(self, raw: Path, out: Path) -> None:
        """One run on all raw rows."""
        self.server.ask("reset")
        self.load(raw)
        self.dbt("dbt run", "run")
        self.server.ask("dump", folder=str(out))

    def test(self) -> None:
        """The data tests on what was built last."""
        self.dbt("dbt test", "test", "--exclude-resource-type", "unit_test")

    def increment(self, first: Path, second: Path, out: Path) -> None:
        """A run on some raw rows, one when more have arrived, and one when nothing has.

        Raises:
            RunError: the second run was no increment, or the third wrote a table.
        """
        self.server.ask("reset")
        self.load(first)
        self.operate("check_setup")
        self.dbt("dbt run (first rows)", "run", "--select", STATE)
        self.make_former_tables()
        self.load(second)
        self.expect_increment(self.dbt("dbt run (more rows)", "run"))
        self.server.ask("dump", folder=str(out))
        expect_unchanged(self.dbt("dbt run (nothing new)", "run"))

    def make_former_tables(self) -> None:
        """Puts tables in the place of the views that are not there yet, as earlier versions did."""
        built = {table["name"] for table in self.server.ask("tables")}
        for node in in_order(self.manifest()):
            schema, name = relation(node)
            if is_table(node) and node["config"]["materialized"] == "view" and name not in built:
                place = f"`{node['database']}`.`{schema}`.`{name}`"
                sql = f"create or replace table {place} as select 1 as former"
                self.server.ask("query", sql=sql, fill=True)

    def expect_increment(self, client: WarehouseClient) -> None:
        """Checks that every incremental model was merged into, and none was built anew.

        One that keeps rows of experiments is emptied where all are open.
        """
        for node in in_order(self.manifest()):
            name = ".".join([node["database"] or "", *relation(node)])
            hooks = str(node["config"].get("pre-hook"))
            is_emptied = name in client.emptied and "forget_computed" not in hooks
            if node["config"].get("materialized") == "incremental_if_changed" and (
                name in client.rebuilt or is_emptied or name not in client.merged
            ):
                raise RunError(f"the run was no increment: {node['name']} was built anew")


def expect_unchanged(client: WarehouseClient) -> None:
    """Checks that a run wrote nothing but what it notes of itself.

    Raises:
        RunError: it wrote another table.
    """
    written = {name.split(".")[-1] for name in client.rebuilt | client.merged | client.emptied}
    written -= ABOUT_THE_RUN.keys()
    if written:
        raise RunError(f"a run with nothing new wrote {', '.join(sorted(written))}")
