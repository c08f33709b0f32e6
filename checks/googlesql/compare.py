"""Compares the reference engine's tables with DuckDB's, row for row.

Rows are paired by the table's key, whatever their order. Numbers with a fraction may differ by 1e-9
of their size (or by 1e-12 near zero, where a difference of equal numbers leaves noise); everything
else must be equal, timestamps to the microsecond.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import defaultdict
from collections.abc import Collection
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
from graph import in_order, is_table, relation
from tables import Table, as_utc, read_table, write_table

RELATIVE = 1e-9
ABSOLUTE = 1e-12
SHOWN = 3
TYPES = {
    "boolean": "BOOL",
    "date": "DATE",
    "decimal": "NUMERIC",
    "double": "FLOAT64",
    "float": "FLOAT64",
    "time": "TIME",
    "blob": "BYTES",
    "json": "JSON",
}

# Tables that say what a run saw or did. They are no result, and differ from those of a full build.
ABOUT_THE_RUN = {
    "int_arrivals": "the id and the time of the run, and the names of the warehouse's types",
    "int_processed_arrivals": "what int_arrivals was in the last run that finished",
    "int_experiments_to_compute": "the experiments that the run computed",
    "int_computed_experiments": "digests of times, which every warehouse writes in its own way",
}
# Tables that hold what one run computed.
ABOUT_THE_INCREMENT = {
    "int_user_activations": "the activation events that can matter to what the run computed",
    "int_user_events": "the events that can matter to it",
    "int_user_spans": "the activity that can matter to it",
}
# Columns made of times and numbers as text, which every warehouse writes in its own way, and
# numbers that stand for texts, of which each has its own.
DIGESTS = {"content_digest", "identity_hash", "user_hash"}


def bigquery_type(kind: Any) -> str:
    """The BigQuery type that stands for a DuckDB type."""
    name = kind.id
    if name == "list":
        return f"ARRAY<{bigquery_type(kind.children[0][1])}>"
    if name == "struct":
        inside = ", ".join(f"{field} {bigquery_type(of)}" for field, of in kind.children)
        return f"STRUCT<{inside}>"
    if name.startswith("timestamp"):
        return "TIMESTAMP"
    if name.endswith(("int", "integer")):
        return "INT64"
    return TYPES.get(name, "STRING")


def duckdb_schema(dataset: str, bigquery_target: str, duckdb_target: str) -> str:
    """The DuckDB schema of a BigQuery dataset: the same, but for the name of the target."""
    if dataset == bigquery_target:
        return duckdb_target
    if dataset.startswith(f"{bigquery_target}_"):
        return duckdb_target + dataset[len(bigquery_target) :]
    return dataset


def dump_duckdb(
    database: Path, tables: list[tuple[str, str]], folder: Path, targets: tuple[str, str]
) -> list[str]:
    """Writes tables of a DuckDB file to a folder; returns the names of those that are missing."""
    missing = []
    with duckdb.connect(str(database), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        for dataset, name in tables:
            schema = duckdb_schema(dataset, *targets)
            try:
                cursor = connection.execute(f'select * from "{schema}"."{name}"')
            except duckdb.CatalogException:
                missing.append(f"{schema}.{name}")
                continue
            columns = [(column[0], bigquery_type(column[1])) for column in cursor.description]
            rows = [list(row) for row in cursor.fetchall()]
            write_table(Table(columns, rows), folder / f"{dataset}.{name}.json")
    return missing


def keys_of_tables(manifest: dict[str, Any]) -> dict[str, list[str]]:
    """Each model's key columns, from its uniqueness tests and primary keys."""
    keys: dict[str, list[str]] = {}
    for node in manifest["nodes"].values():
        if node["resource_type"] == "model":
            for constraint in node.get("constraints") or []:
                if constraint["type"] == "primary_key":
                    keys[node["unique_id"]] = constraint["columns"]
        metadata = node.get("test_metadata")
        model = node.get("attached_node")
        if not metadata or not model or node["config"].get("where"):
            continue
        arguments = metadata["kwargs"]
        if metadata["name"] == "unique" and arguments.get("column_name"):
            keys.setdefault(model, [arguments["column_name"]])
        elif metadata["name"] == "unique_combination_of_columns":
            keys[model] = arguments["combination_of_columns"]
    return {key: [name.lower() for name in names] for key, names in keys.items()}


def same(first: Any, second: Any, relative: float = RELATIVE) -> bool:
    """Whether two values are equal, numbers with a fraction to within a share of them."""
    if first is None or second is None:
        return first is second
    if isinstance(first, bool) or isinstance(second, bool):
        return first is second
    numbers = (int, float, Decimal)
    if isinstance(first, numbers) and isinstance(second, numbers):
        if isinstance(first, int) and isinstance(second, int):
            return first == second
        first, second = float(first), float(second)
        if math.isnan(first) or math.isnan(second):
            return math.isnan(first) and math.isnan(second)
        return math.isclose(first, second, rel_tol=relative, abs_tol=ABSOLUTE)
    if isinstance(first, dt.datetime) and isinstance(second, dt.datetime):
        return as_utc(first) == as_utc(second)
    if isinstance(first, list) and isinstance(second, list):
        return len(first) == len(second) and all(
            same(one, other, relative) for one, other in zip(first, second, strict=True)
        )
    if isinstance(first, dict) and isinstance(second, dict):
        return len(first) == len(second) and all(
            same(one, other, relative)
            for one, other in zip(first.values(), second.values(), strict=True)
        )
    return type(first) is type(second) and first == second


def sortable(value: Any) -> str:
    """A value as text that is the same in both engines when the value is."""
    if isinstance(value, dt.datetime):
        return as_utc(value).isoformat()
    if isinstance(value, dict):
        return str([sortable(item) for item in value.values()])
    if isinstance(value, list):
        return str([sortable(item) for item in value])
    if isinstance(value, Decimal):
        return repr(float(value))
    return repr(value)


def compare_tables(
    engine: Table, other: Table, key: list[str] | None, relative: float = RELATIVE
) -> list[str]:
    """Lists the differences of two tables.

    Args:
        engine: The reference engine's table.
        other: DuckDB's table.
        key: Columns that identify a row; without them, all columns but those with fractions.
        relative: Share of a number by which it may differ.
    """
    names = [name.lower() for name, _ in engine.columns]
    others = [name.lower() for name, _ in other.columns]
    if set(names) != set(others):
        return [f"other columns: {sorted(set(names) ^ set(others))}"]
    order = [others.index(name) for name in names]
    fractions = {
        name.lower()
        for table in (engine, other)
        for name, kind in table.columns
        if any(word in kind.upper() for word in ("FLOAT64", "NUMERIC"))
    }
    key = key or [name for name in names if name not in fractions]
    places = [names.index(name) for name in key]
    groups: dict[tuple[str, ...], tuple[list[Any], list[Any]]] = defaultdict(lambda: ([], []))
    for side, rows in enumerate((engine.rows, [[row[i] for i in order] for row in other.rows])):
        for row in only_presence(rows, names, DIGESTS):
            groups[tuple(sortable(row[place]) for place in places)][side].append(row)
    differences = []
    if len(engine.rows) != len(other.rows):
        differences.append(f"{len(engine.rows)} rows on GoogleSQL, {len(other.rows)} on DuckDB")
    for group, sides in groups.items():
        label = ", ".join(f"{name}={value}" for name, value in zip(key, group, strict=True))
        if len(sides[0]) != len(sides[1]):
            differences.append(f"{label}: {len(sides[0])} rows on GoogleSQL, {len(sides[1])}")
            continue
        order_of = fraction_order(names, fractions)
        paired = zip(*(sorted(side, key=order_of) for side in sides), strict=True)
        for first, second in paired:
            differences += [
                f"{label}: {name} is {one!r} on GoogleSQL, {two!r} on DuckDB"
                for name, one, two in zip(names, first, second, strict=True)
                if not same(one, two, relative)
            ]
    return differences


def only_presence(rows: list[list[Any]], names: list[str], columns: set[str]) -> list[list[Any]]:
    """Rows in which some columns only tell whether a value is there."""
    places = {place for place, name in enumerate(names) if name in columns}
    return [
        [value is not None if place in places else value for place, value in enumerate(row)]
        for row in rows
    ]


def fraction_order(names: list[str], fractions: set[str]) -> Any:
    """A sort key for rows of one key: by their other columns first, then by their fractions."""
    exact = [place for place, name in enumerate(names) if name not in fractions]
    rounded = [place for place, name in enumerate(names) if name in fractions]

    def key(row: list[Any]) -> Any:
        numbers = [
            (row[place] is None, float(row[place]) if isinstance(row[place], float) else 0.0)
            for place in rounded
        ]
        return [sortable(row[place]) for place in exact], numbers

    return key


def compare_folders(
    manifest: dict[str, Any],
    engine: Path,
    other: Path,
    left_out: Collection[str],
    relative: float = RELATIVE,
) -> dict[str, tuple[int, list[str]]]:
    """Compares every model's table but some; returns its number of rows and its differences."""
    keys = keys_of_tables(manifest)
    results = {}
    for node in in_order(manifest):
        if not is_table(node) or node["name"] in left_out:
            continue
        file = "{}.{}.json".format(*relation(node))
        missing = [str(folder.name) for folder in (engine, other) if not (folder / file).exists()]
        if missing:
            results[node["name"]] = (0, [f"no table in {', '.join(missing)}"])
            continue
        first, second = read_table(engine / file), read_table(other / file)
        differences = compare_tables(first, second, keys.get(node["unique_id"]), relative)
        results[node["name"]] = (len(first.rows), differences)
    return results


def report(results: dict[str, tuple[int, list[str]]], label: str) -> bool:
    """Prints what `compare_folders` found; returns whether all is equal."""
    failed = 0
    for name, (_, differences) in results.items():
        if differences:
            failed += 1
            print(f"FAIL {name}: {len(differences)} differences")
            for difference in differences[:SHOWN]:
                print(f"    {difference}")
    rows = sum(count for count, _ in results.values())
    equal = len(results) - failed
    print(f"compare ({label}): {equal} tables equal ({rows} rows), {failed} differ", flush=True)
    return not failed
