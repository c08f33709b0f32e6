"""Rehearses the life of the project on one warehouse, through its real dbt adapter.

The demo data are seeded and the half of them that arrives late is put aside; dbt runs all models;
what was put aside arrives; dbt builds, incrementally and with data tests; then source freshness and
check_setup. At the end every model's table is written to a folder.

It runs in the environment of the adapter, on a project that installs this one as a package, as a
user would.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "googlesql"))

from dbt.adapters.factory import FACTORY  # noqa: E402
from dbt.cli.main import dbtRunner  # noqa: E402
from graph import is_table, read_manifest  # noqa: E402
from tables import ARRIVAL_COLUMN, Table, write_table  # noqa: E402

BAD = ("error", "fail", "runtime error")


def aside(table: str) -> str:
    """The table beside a table, for the rows that come later; both as dbt writes them."""
    quote = table[-1] if table[-1] in '`"' else ""
    return f"{table.removesuffix(quote)}__late{quote}"


def plain(value: Any) -> Any:
    """A value to be written; a whole number as one, whichever type the driver gives it."""
    is_whole = isinstance(value, float | Decimal) and math.isfinite(value) and value == int(value)
    return int(value) if is_whole else value


class RehearsalError(Exception):
    """dbt could not do a step at all."""


class Rehearsal:
    """dbt for one project and one target, in this process."""

    def __init__(self, project: Path, out: Path) -> None:
        self.project = project
        self.out = out
        self.failures: dict[str, str] = {}
        self.skipped: set[str] = set()

    def dbt(self, command: str, *arguments: str) -> Any:
        """Runs a dbt command; nodes that fail are remembered.

        Raises:
            RehearsalError: dbt stopped before it came to any node.
        """
        start = time.monotonic()
        outcome = dbtRunner().invoke(
            [
                *("--quiet", "--no-use-colors", "--no-send-anonymous-usage-stats"),
                *("--no-version-check", "--log-level-file", "warn"),
                *command.split(),
                *("--project-dir", str(self.project), "--profiles-dir", str(self.project)),
                *arguments,
            ]
        )
        results = list(getattr(outcome.result, "results", None) or [])
        if not outcome.success and not results:
            raise RehearsalError(f"dbt {command}: {outcome.exception}")
        for result in results:
            bad = BAD[2:] if command == "source freshness" else BAD  # demo data are always stale
            if str(result.status) in bad:
                self.failures[result.node.name] = f"{command}: {result.message}"
            elif str(result.status) == "skipped":
                self.skipped.add(result.node.name)
        print(f"dbt {command}: {len(results)} nodes, {time.monotonic() - start:.1f} s", flush=True)
        return outcome.result

    def operate(self, macro: str, *arguments: str) -> None:
        """Runs a macro; when it fails, that is remembered."""
        outcome = dbtRunner().invoke(
            [
                *("--quiet", "--no-use-colors", "--no-send-anonymous-usage-stats"),
                *("--no-version-check", "--log-level-file", "warn", "run-operation", macro),
                *("--project-dir", str(self.project), "--profiles-dir", str(self.project)),
                *arguments,
            ]
        )
        if not outcome.success:
            self.failures[macro] = f"run-operation: {outcome.exception or 'see the log'}"

    def with_connection(self, work: Callable[[Any], Any]) -> Any:
        """Does something with a connection of the adapter that dbt has used last."""
        adapter = next(iter(FACTORY.adapters.values()))
        with adapter.connection_named("rehearsal"):
            result = work(adapter)
            adapter.commit_if_has_connection()
        return result

    def hold_back(self, tables: list[str], moment: str) -> None:
        """Puts the rows aside that arrive at or after a moment."""
        late = f"where {ARRIVAL_COLUMN} >= cast('{moment}' as timestamp)"
        self.with_connection(
            lambda adapter: [
                adapter.execute(sql, auto_begin=True)
                for table in tables
                for sql in (
                    f"create table {aside(table)} as select * from {table} {late}",
                    f"delete from {table} {late}",
                )
            ]
        )

    def deliver(self, tables: list[str]) -> None:
        """Adds the rows that were put aside."""
        self.with_connection(
            lambda adapter: [
                adapter.execute(sql, auto_begin=True)
                for table in tables
                for sql in (
                    f"insert into {table} select * from {aside(table)}",
                    f"drop table {aside(table)}",
                )
            ]
        )

    def manifest(self) -> dict[str, Any]:
        """The manifest of the last command."""
        return read_manifest(self.project / "target" / "manifest.json")

    def relations(self, kind: Callable[[dict[str, Any]], bool]) -> dict[str, str]:
        """Nodes of a kind: name -> the relation as dbt writes it."""
        return {
            node["name"]: node["relation_name"]
            for node in self.manifest()["nodes"].values()
            if kind(node) and node.get("relation_name")
        }

    def dump(self, folder: Path, left_out: list[str]) -> None:
        """Writes every model's table but those left out to a folder, as `<schema>.<name>.json`."""
        nodes = [node for node in self.manifest()["nodes"].values() if is_table(node)]

        def fetch(adapter: Any) -> None:
            for node in nodes:
                if node["name"] in self.failures.keys() | self.skipped | set(left_out):
                    continue
                sql = f"select * from {node['relation_name']}"
                _, found = adapter.execute(sql, auto_begin=True, fetch=True)
                columns = [(name.lower(), "STRING") for name in found.column_names]
                table = Table(columns, [[plain(value) for value in row] for row in found.rows])
                write_table(table, folder / f"{node['schema'].lower()}.{node['name']}.json")

        self.with_connection(fetch)


def main() -> int:
    """Rehearses from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--project-dir", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="folder of tables and results")
    parser.add_argument("--moment", required=True, help="what arrives later is put aside")
    parser.add_argument(
        "--raw-vars", required=True, help="dbt vars that make the demo data sources"
    )
    parser.add_argument("--loaded", action="store_true", help="the demo data are there already")
    parser.add_argument("--left-out", nargs="*", default=[], help="models that are not run")
    options = parser.parse_args()
    rehearsal = Rehearsal(options.project_dir, options.out)
    try:
        rehearsal.dbt("deps")
        loaded = ("--exclude", "config.schema:segment_demo")
        rehearsal.dbt("seed", *(loaded if options.loaded else ()))
        raw = rehearsal.relations(
            lambda node: (
                node["resource_type"] == "seed" and ARRIVAL_COLUMN in node["config"]["column_types"]
            )
        )
        # Unit tests are about the project's logic, which other checks prove on better engines.
        left_out = ("--exclude", "resource_type:seed", "resource_type:unit_test", *options.left_out)
        rehearsal.hold_back(list(raw.values()), options.moment)
        rehearsal.dbt("run", *left_out)  # data tests run once, on what the increment made
        rehearsal.deliver(list(raw.values()))
        rehearsal.dbt("build", *left_out)
        rehearsal.dump(options.out / "tables", options.left_out)
        silent = ("--log-level", "none")  # or dbt reports each as stale
        raw_vars = ("--vars", options.raw_vars)
        fresh = rehearsal.dbt("source freshness", *silent, *raw_vars)
        rehearsal.operate("segment_experiments.check_setup", *raw_vars)
    except RehearsalError as error:
        print(error, file=sys.stderr)
        return 1
    results = {
        "failures": rehearsal.failures,
        "skipped": sorted(rehearsal.skipped),
        "freshness": {
            result.node.name: result.max_loaded_at.isoformat()
            for result in fresh.results
            if getattr(result, "max_loaded_at", None)
        },
    }
    (options.out / "results.json").write_text(json.dumps(results, indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
