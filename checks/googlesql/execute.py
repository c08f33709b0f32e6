"""Runs every model of a dbt manifest on Google's reference engine and dumps the tables.

The engine is slow by design: keep the raw tables to some thousand rows.
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
import time
from pathlib import Path
from typing import Any

from analyzer import GoogleSql, SqlError
from graph import Node, in_order, is_table, parents, read_manifest, relation, test_query
from tables import ARRIVAL_COLUMN, Catalog, Table, read_catalog, read_csv, read_table, write_table


def raw_table(folder: Path, key: tuple[str, str], columns: list[tuple[str, str]]) -> Table:
    """Reads a raw table from `<dataset>.<table>.json`, `<dataset>.<table>.csv` or `<table>.csv`.

    Raises:
        FileNotFoundError: the folder has no such file.
    """
    dataset, name = key
    stored = folder / f"{dataset}.{name}.json"
    if stored.exists():
        return read_table(stored, columns)
    for path in (folder / f"{dataset}.{name}.csv", folder / f"{name}.csv"):
        if path.exists():
            return read_csv(path, columns)
    raise FileNotFoundError(f"{folder} has no contents for {dataset}.{name}")


def arrived_before(table: Table, moment: dt.datetime) -> list[list[Any]]:
    """The rows of a raw table that had arrived by a moment; all of one that does not tell."""
    names = [name.lower() for name, _ in table.columns]
    if ARRIVAL_COLUMN not in names:
        return table.rows
    place = names.index(ARRIVAL_COLUMN)
    return [row for row in table.rows if row[place] is None or row[place] < moment]


def halfway(raw: dict[tuple[str, str], Table]) -> dt.datetime:
    """The median arrival time of all raw rows.

    Raises:
        ValueError: no raw table has an arrival time.
    """
    arrivals = sorted(
        row[place]
        for table in raw.values()
        for place, (name, _) in enumerate(table.columns)
        if name.lower() == ARRIVAL_COLUMN
        for row in table.rows
        if row[place] is not None
    )
    if not arrivals:
        raise ValueError(f"no raw table has rows with {ARRIVAL_COLUMN}")
    return arrivals[len(arrivals) // 2]


def merged(node: Node, before: Table, source: Table) -> list[list[Any]]:
    """The rows of an incremental model after BigQuery's merge of new rows.

    Raises:
        SqlError: the merge would fail, or the model uses a strategy that is not imitated here.
    """
    config = node["config"]
    strategy = config.get("incremental_strategy") or "merge"
    unsupported = [
        name
        for name in ("incremental_predicates", "merge_update_columns", "merge_exclude_columns")
        if config.get(name)
    ]
    if strategy != "merge" or unsupported:
        raise SqlError(f"only a plain merge is imitated, not {unsupported or strategy}")
    keys = config.get("unique_key") or []
    keys = [key.lower() for key in ([keys] if isinstance(keys, str) else keys)]
    old_names = [name.lower() for name, _ in before.columns]
    new_names = [name.lower() for name, _ in source.columns]
    order = [new_names.index(name) for name in old_names]
    key_places = [old_names.index(key) for key in keys]
    rows = [list(row) for row in before.rows]
    index: dict[tuple[Any, ...], list[int]] = {}
    for position, row in enumerate(rows):
        key = tuple(row[place] for place in key_places)
        if keys and None not in key:  # a null equals nothing
            index.setdefault(key, []).append(position)
    touched: set[int] = set()
    added = []
    for new in source.rows:
        row = [new[place] for place in order]
        matches = index.get(tuple(row[place] for place in key_places), [])
        for position in matches:
            if position in touched:
                raise SqlError("MERGE must match at most one source row for each target row")
            touched.add(position)
            rows[position] = row
        if not matches:
            added.append(row)
    return rows + added


class Execution:
    """A run of a project's models on the reference engine."""

    def __init__(self, catalog: Catalog, raw: dict[tuple[str, str], Table]) -> None:
        self.engine = GoogleSql()
        self.catalog = catalog
        self.failures: dict[str, str] = {}
        self.broken: set[str] = set()
        self.rows: dict[str, int] = {}
        for key, columns in catalog.items():
            self.engine.declare_table(*key, columns)
        self.load(raw)

    def load(self, raw: dict[tuple[str, str], Table]) -> None:
        """Sets the contents of the raw tables."""
        for key, table in raw.items():
            self.engine.fill_table(*key, table.rows)

    def build(self, manifest: dict[str, Any], incremental: bool = False) -> None:
        """Builds every model; with `incremental`, merges into the tables that stand already."""
        for node in in_order(manifest):
            if not is_table(node) or not node.get("compiled_code"):
                continue
            start = time.monotonic()
            try:
                if self.broken & set(parents(node)):
                    raise SqlError("not run, because a parent failed")
                self.rows[node["name"]] = self.build_node(node, incremental)
            except SqlError as error:
                self.failures[node["name"]] = str(error)
                self.broken.add(node["unique_id"])
            seconds = time.monotonic() - start
            if seconds > 5:
                print(f"slow: {node['name']} took {seconds:.1f} s")

    def build_node(self, node: Node, incremental: bool) -> int:
        """Builds one model and returns its number of rows."""
        dataset, name = relation(node)
        sql, project = node["compiled_code"], node["database"]
        if node["config"].get("pre-hook") or node["config"].get("post-hook"):
            raise SqlError("hooks are not imitated")
        if incremental and node["config"].get("materialized") == "incremental":
            before = self.engine.execute(f"select * from `{project}`.`{dataset}`.`{name}`")
            rows = merged(node, before, self.engine.execute(sql))
            self.engine.fill_table(dataset, name, rows, project)
            return len(rows)
        return self.engine.materialize(dataset, name, sql, project)

    def test(self, manifest: dict[str, Any]) -> int:
        """Runs the data tests; a failing one of severity error counts as a failure."""
        passed = 0
        for node in in_order(manifest):
            if node["resource_type"] != "test" or self.broken & set(parents(node)):
                continue
            try:
                failures, _, should_error = self.engine.execute(test_query(node)).rows[0]
                if should_error and node["config"].get("severity", "error").lower() == "error":
                    raise SqlError(f"the data test fails: {failures}")
                passed += 1
            except SqlError as error:
                self.failures[node["name"]] = str(error)
        return passed

    def dump(self, manifest: dict[str, Any], folder: Path) -> None:
        """Writes every model's table to a folder."""
        for node in in_order(manifest):
            if is_table(node) and node["name"] in self.rows:
                dataset, name = relation(node)
                sql = f"select * from `{node['database']}`.`{dataset}`.`{name}`"
                write_table(self.engine.execute(sql), folder / f"{dataset}.{name}.json")


def main() -> int:
    """Runs a manifest from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--manifest", type=Path, required=True)
    parser.add_argument("--catalog", type=Path, required=True, help="the raw tables")
    parser.add_argument("--raw", type=Path, required=True, help="folder of their contents")
    parser.add_argument("--out", type=Path, required=True, help="folder for the models' tables")
    parser.add_argument(
        "--incremental-manifest",
        type=Path,
        help="build on the first half of the data to arrive, then run this manifest on all of it",
    )
    options = parser.parse_args()
    start = time.monotonic()
    manifest, catalog = read_manifest(options.manifest), read_catalog(options.catalog)
    raw = {key: raw_table(options.raw, key, columns) for key, columns in catalog.items()}
    label = "execute"
    if options.incremental_manifest:
        label = "execute (two runs)"
        moment = halfway(raw)
        early = {
            key: Table(table.columns, arrived_before(table, moment)) for key, table in raw.items()
        }
        execution = Execution(catalog, early)
        execution.build(manifest)
        manifest = read_manifest(options.incremental_manifest)
        execution.load(raw)
        execution.build(manifest, incremental=True)
    else:
        execution = Execution(catalog, raw)
        execution.build(manifest)
    passed = execution.test(manifest)
    execution.dump(manifest, options.out)
    for name, message in execution.failures.items():
        print(f"FAIL {name}: {message}")
    models = len(execution.rows)
    seconds = time.monotonic() - start
    failed = len(execution.failures)
    print(f"{label}: {models} models, {passed} data tests ok, {failed} failed, {seconds:.1f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
