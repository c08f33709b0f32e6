"""A warehouse like BigQuery for one project: takes statements as dbt sends them, one at a time.

Each statement is first type-checked by Google's analyzer as it is, and then carried out on the
reference engine. The engine only answers queries and inserts, so a `delete` keeps the rows that its
condition does not hold for, and a `merge` is done as queries over its two sides. A statement of
another kind is refused.

Started as a program, it is a server: a line of JSON in, a line of JSON out.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from analyzer import GoogleSql, OutputColumn, SqlError, as_table, flatten
from reads import Reads
from statements import (
    AlterTable,
    CreateSchema,
    CreateTable,
    CreateView,
    Delete,
    Insert,
    Merge,
    Query,
    read,
)
from tables import LOAD_TIME, Table, read_table, to_json, write_table
from zetasql.wasi._pb2.zetasql.local_service import local_service_pb2

LOCATION = re.compile(r"\[at (\d+):\d+\]")
NO_ROWS = re.compile(r"\blimit\s+0[\s;]*$", re.IGNORECASE)
CHANGING = re.compile(r"\b(current_\w+|rand|generate_uuid|session_user)\b", re.IGNORECASE)
SCRATCH = "merge"  # dataset of the two sides of a merge
ROW = "merge_row"


@dataclass
class Layout:
    """What the warehouse knows of a table beside its columns and rows."""

    kind: str = "TABLE"
    not_null: list[str] = field(default_factory=list)
    partition_field: str | None = None
    partition_unit: str = "DAY"
    cluster_by: list[str] = field(default_factory=list)
    view: str = ""


@dataclass
class Answer:
    """What a statement did."""

    kind: str
    target: str = ""  # the table or view that it made or changed
    columns: list[OutputColumn] = field(default_factory=list)
    data: Any = None
    affected: int = 0


class Warehouse:
    """Datasets, tables and views, and the statements over them.

    Results are remembered by the text of the query and the rows of the tables that it reads, in
    whatever order, and verdicts by the text of the statement and the columns of these tables: the
    engine is slow, and a run repeats much of the one before.
    """

    def __init__(self) -> None:
        self.engine = GoogleSql()
        self.layouts: dict[str, Layout] = {}
        self.datasets: set[str] = set()
        self._parts: dict[str, Any] = {}
        self._verdicts: dict[Any, list[OutputColumn]] = {}
        self._results: dict[Any, tuple[list[OutputColumn], Any]] = {}
        self._digests: dict[str, tuple[Any, str]] = {}

    # ------------------------------------------------------------- tables
    def declare(self, dataset: str, name: str, columns: list[tuple[str, str]]) -> None:
        """Makes an empty table."""
        self.datasets.add(dataset)
        self.engine.declare_table(dataset, name, columns)
        self.engine.fill_table(dataset, name, [])
        self.layouts[f"{self.engine.project}.{dataset}.{name}"] = Layout()

    def fill(self, dataset: str, name: str, table: Table) -> None:
        """Makes a table with rows."""
        self.declare(dataset, name, table.columns)
        self.engine.fill_table(dataset, name, table.rows)

    def drop(self, dataset: str, name: str) -> None:
        """Drops a table or view, if it exists."""
        self.engine.drop_table(dataset, name)
        self.layouts.pop(f"{self.engine.project}.{dataset}.{name}", None)

    def put(self, target: str, columns: list[OutputColumn], data: Any, layout: Layout) -> None:
        """Makes a table or view of what a query yields."""
        project, dataset, name = target.split(".")
        if project != self.engine.project or dataset not in self.datasets:
            raise SqlError(f"Not found: Dataset {project}:{dataset}")
        if not layout.view:
            check_not_null(columns, layout.not_null, data)
        self.engine.put_table(dataset, name, columns)
        self.layouts[target] = layout
        if not layout.view:
            self.engine.contents[target] = data

    def keep(self, target: str, data: Any) -> None:
        """Sets the rows of a table."""
        check_not_null(self.engine.columns[target], self.layouts[target].not_null, data)
        self.engine.contents[target] = data

    def rows(self, target: str) -> Any:
        """The rows of a table, or what a view yields now."""
        layout = self.layouts.get(target)
        if layout is not None and layout.view:
            self.engine.contents[target] = self.run(layout.view)[1]
        return self.engine.contents[target]

    def digest(self, name: str) -> str:
        """Digest of the rows of a table, whatever their order."""
        data = self.rows(name)
        known = self._digests.get(name)
        if known is None or known[0] is not data:
            rows = sorted(row.SerializeToString(deterministic=True) for row in data.row)
            known = (data, hashlib.sha256(b"\n".join(rows)).hexdigest())
            self._digests[name] = known
        return known[1]

    def signature(self, name: str) -> tuple[Any, ...]:
        """A table's name and columns, in a form to compare."""
        columns = self.engine.columns[name]
        return (name, *((column.name, column.type_name) for column in columns))

    # ------------------------------------------------------------- statements
    def analyze(self, sql: str) -> tuple[list[OutputColumn], Any]:
        """Type-checks a statement as it is; returns the columns that it yields, and its parts."""
        if sql not in self._parts:
            self._parts[sql] = read(self.engine, sql)
        parts = self._parts[sql]
        # A table that is replaced may have had any columns.
        used = flatten(getattr(parts, "query", sql), self.engine.columns)[1]
        key = (sql, frozenset(self.signature(name) for name in used))
        if key not in self._verdicts:
            self._verdicts[key] = self.engine.analyze(sql)
        return self._verdicts[key], parts

    def run(self, sql: str) -> tuple[list[OutputColumn], Any]:
        """Runs a query that was analyzed, over the contents of the tables."""
        used = flatten(sql, self.engine.columns)[1]
        key = (sql, frozenset((self.signature(name), self.digest(name)) for name in used))
        if key not in self._results or CHANGING.search(sql):
            self._results[key] = self.engine.run(sql)
        return self._results[key]

    def statement(self, sql: str, fill: bool = True) -> Answer:
        """Type-checks a statement and carries it out.

        Args:
            sql: The statement.
            fill: Whether a table that it makes gets its rows; without them nothing is computed.

        Raises:
            SqlError: BigQuery would refuse it, or it fails, or its kind is unknown here.
        """
        columns, parts = self.analyze(sql)
        answer = Answer(parts.kind, getattr(parts, "target", ""))
        if isinstance(parts, Query):
            if NO_ROWS.search(sql):
                return Answer(parts.kind, "", columns, local_service_pb2.TableData())
            answer.columns, answer.data = self.run(sql)
        elif isinstance(parts, CreateSchema):
            self.datasets.add(parts.dataset)
        elif isinstance(parts, CreateView):
            self.put(parts.target, columns, None, Layout("VIEW", view=parts.query))
        elif isinstance(parts, CreateTable):
            self.create(parts, columns, fill)
        elif isinstance(parts, Insert):
            used = flatten(sql, self.engine.columns)[1]
            for name in used:
                self.rows(name)
            answer.affected = self.append(parts.target, self.engine.inserted(sql))
        elif isinstance(parts, Delete):
            answer.affected = self.delete(parts)
        elif isinstance(parts, Merge):
            answer.affected = self.merge(parts)
        elif isinstance(parts, AlterTable):
            self.alter(parts.target, parts.drops, parts.adds)
        return answer

    def create(self, parts: CreateTable, declared: list[OutputColumn], fill: bool) -> None:
        """Carries out `create or replace table ... as`."""
        columns, data = declared, local_service_pb2.TableData()
        if fill:
            columns, data = self.run(parts.query)
        if [column.type_name for column in columns] != [column.type_name for column in declared]:
            raise SqlError(f"a table that casts what its query yields is not made: {parts.target}")
        if parts.columns:
            columns = [
                OutputColumn(name, column.type)
                for name, column in zip(parts.columns, columns, strict=True)
            ]
        layout = Layout(
            not_null=parts.not_null,
            partition_field=parts.partition_field,
            partition_unit=parts.partition_unit,
            cluster_by=parts.cluster_by,
        )
        self.put(parts.target, columns, data, layout)

    def append(self, target: str, added: Any) -> int:
        """Adds rows to a table; returns how many."""
        data = local_service_pb2.TableData()
        data.row.extend(self.rows(target).row)
        data.row.extend(added.row)
        self.keep(target, data)
        return len(added.row)

    def delete(self, parts: Delete) -> int:
        """Carries out `delete`; returns how many rows went."""
        before = len(self.rows(parts.target).row)
        kept = self.run(
            f"select * from {quoted(parts.target)} as `{parts.alias}` "
            f"where ({parts.condition}\n) is not true"
        )[1]
        self.keep(parts.target, kept)
        return before - len(kept.row)

    def merge(self, parts: Merge) -> int:
        """Carries out `merge`; returns how many rows it changed or added."""
        source_columns, source = self.run(f"select * from {parts.source}")
        self.number("source", source_columns, source)
        target_columns = self.engine.columns[parts.target]
        rows = [list(row.cell) for row in self.rows(parts.target).row]
        matched: set[int] = set()
        if not parts.matches_nothing:
            self.number("target", target_columns, self.rows(parts.target))
            columns, joined = self.engine.run(
                f"select {', '.join(self.merge_columns(parts))} "
                f"from {self.scratch('target')} as `{parts.target_alias}` "
                f"inner join {self.scratch('source')} as `{parts.source_alias}` "
                f"on ({parts.condition}\n)"
            )
            places = self.places(parts.target, [name for name, _ in parts.updates], columns[2:])
            matched = {row.cell[1].int64_value for row in joined.row}
            if parts.updates:
                update(rows, joined, places)
        added = local_service_pb2.TableData()
        for number, row in enumerate(source.row):
            if number not in matched:
                added.row.add().CopyFrom(row)
        if parts.insert_columns:
            self.number("source", source_columns, added)
            columns, new = self.engine.run(
                f"select {', '.join(aliased(parts.insert_values))} "
                f"from {self.scratch('source')} as `{parts.source_alias}`"
            )
            places = self.places(parts.target, parts.insert_columns, columns)
            empty = local_service_pb2.TableData().row.add().cell.add
            for row in new.row:
                cells = [empty() for _ in target_columns]
                for place, cell in zip(places, row.cell, strict=True):
                    cells[place] = cell
                rows.append(cells)
        data = local_service_pb2.TableData()
        for cells in rows:
            data.row.add().cell.extend(cells)
        self.keep(parts.target, data)
        for side in ("source", "target"):
            self.engine.drop_table(SCRATCH, side)
        return len(matched) + len(added.row)

    def merge_columns(self, parts: Merge) -> list[str]:
        """What is taken from the rows that match in a merge."""
        rows = [f"`{parts.target_alias}`.{ROW}", f"`{parts.source_alias}`.{ROW}"]
        return aliased(rows + [expression for _, expression in parts.updates])

    def scratch(self, side: str) -> str:
        """The name of a side of a merge, for a statement."""
        return quoted(f"{self.engine.project}.{SCRATCH}.{side}")

    def number(self, side: str, columns: list[OutputColumn], data: Any) -> None:
        """Keeps a side of a merge as a table, with the number of each row as its last column."""
        numbered = local_service_pb2.TableData()
        for number, row in enumerate(data.row):
            copy = numbered.row.add()
            copy.CopyFrom(row)
            copy.cell.add().int64_value = number
        with_row = [*columns, OutputColumn(ROW, self.engine.parse_type("INT64"))]
        self.engine.put_table(SCRATCH, side, with_row)
        self.engine.contents[f"{self.engine.project}.{SCRATCH}.{side}"] = numbered

    def places(self, target: str, names: list[str], columns: list[OutputColumn]) -> list[int]:
        """Where columns stand in a table; what is written to them has to have their types."""
        known = {column.name.lower(): column for column in self.engine.columns[target]}
        order = list(known)
        for name, column in zip(names, columns, strict=True):
            if known[name.lower()].type_name != column.type_name:
                raise SqlError(f"a merge that casts {name} of {target} is not carried out here")
        return [order.index(name.lower()) for name in names]

    def alter(self, target: str, drops: list[str], adds: list[tuple[str, str]]) -> None:
        """Drops and adds columns of a table."""
        dropped = {name.lower() for name in drops}
        old = self.engine.columns[target]
        names = {column.name.lower() for column in old}
        layout = self.layouts[target]
        bound = {name.lower() for name in [layout.partition_field or "", *layout.cluster_by]}
        if dropped - names or dropped & bound or {name.lower() for name, _ in adds} & names:
            raise SqlError(f"{target}: columns to drop are {drops}, columns to add are {adds}")
        kept = [place for place, column in enumerate(old) if column.name.lower() not in dropped]
        columns = [old[place] for place in kept]
        columns += [OutputColumn(name, self.engine.parse_type(kind)) for name, kind in adds]
        data = local_service_pb2.TableData()
        for row in self.rows(target).row:
            cells = data.row.add().cell
            cells.extend(row.cell[place] for place in kept)
            for _ in adds:
                cells.add()
        layout.not_null = [name for name in layout.not_null if name.lower() not in dropped]
        self.put(target, columns, data, layout)

    # ------------------------------------------------------------- reads
    def reads(self, sql: str) -> list[dict[str, Any]]:
        """What a statement would read now: columns of tables, with their types, by partitions."""
        views, partitions = {}, {}
        for target, layout in self.layouts.items():
            if layout.view:
                views[target] = layout.view
            names = {column.name for column in self.engine.columns[target]}
            field_name = LOAD_TIME if LOAD_TIME in names else layout.partition_field
            if field_name:
                partitions[target] = field_name
        found = Reads(self.engine, views, partitions).of(sql, read(self.engine, sql))
        answer = []
        for target, of in found.items():
            types = {c.name: c.type_name for c in self.engine.columns[target]}
            answer.append(
                {
                    "dataset": target.split(".")[1],
                    "name": target.split(".")[2],
                    "whole": {name: types[name] for name in sorted(of.whole)},
                    "pruned": {name: types[name] for name in sorted(of.pruned)},
                    "rewritten": of.rewritten,
                    "columns": types,
                }
            )
        return answer

    # ------------------------------------------------------------- requests
    def answer(self, request: dict[str, Any]) -> Any:
        """Answers a request of the client."""
        kind = request["do"]
        if kind == "query":
            return self.answer_query(request["sql"], request["fill"])
        if kind == "reads":
            return self.reads(request["sql"])
        if kind == "tables":
            return [
                {
                    "dataset": target.split(".")[1],
                    "name": target.split(".")[2],
                    "columns": [(c.name, c.type_name) for c in self.engine.columns[target]],
                    "kind": layout.kind,
                    "partition_field": layout.partition_field,
                    "partition_unit": layout.partition_unit,
                    "cluster_by": layout.cluster_by,
                }
                for target, layout in self.layouts.items()
            ]
        if kind == "datasets":
            return sorted(self.datasets)
        if kind == "fill":
            columns = [(name, of) for name, of in request["columns"]]
            table = read_table(Path(request["path"]), columns)
            self.fill(request["dataset"], request["name"], table)
        elif kind == "reset":
            for target in list(self.layouts):
                self.drop(*target.split(".")[1:])
            self.datasets.clear()
        elif kind == "drop":
            self.drop(request["dataset"], request["name"])
        elif kind == "add_columns":
            target = f"{self.engine.project}.{request['dataset']}.{request['name']}"
            self.alter(target, [], [(name, of) for name, of in request["columns"]])
        elif kind == "dump":
            for target in self.layouts:
                table = as_table(self.engine.columns[target], self.rows(target))
                dataset_and_name = target.partition(".")[2]
                write_table(table, Path(request["folder"]) / f"{dataset_and_name}.json")
        else:
            raise SqlError(f"unknown request {kind!r}")
        return None

    def answer_query(self, sql: str, fill: bool) -> dict[str, Any]:
        """Answers a statement; an error names the line where it lies."""
        try:
            done = self.statement(sql, fill)
        except SqlError as error:
            message, place = str(error).strip(), LOCATION.search(str(error))
            lines = sql.splitlines()
            if place and int(place[1]) <= len(lines):
                message += f"\n    {lines[int(place[1]) - 1].strip()[:200]}"
            raise SqlError(message) from error
        table = as_table(done.columns, done.data) if done.data is not None else Table([])
        return {
            "kind": done.kind,
            "target": done.target,
            "columns": table.columns,
            "rows": [[to_json(value) for value in row] for row in table.rows],
            "affected": done.affected,
        }


def check_not_null(columns: list[OutputColumn], not_null: list[str], data: Any) -> None:
    """Refuses rows with a null where a table does not allow it."""
    names = [column.name.lower() for column in columns]
    for name in not_null:
        place = names.index(name.lower())
        if any(row.cell[place].WhichOneof("value") is None for row in data.row):
            raise SqlError(f"Required field {name} cannot be null")


def quoted(target: str) -> str:
    """A table's full name as a statement writes it."""
    return ".".join(f"`{part}`" for part in target.split("."))


def aliased(expressions: list[str]) -> list[str]:
    """Expressions with names, for a select list."""
    return [f"({text}\n) as value_{place}" for place, text in enumerate(expressions)]


def update(rows: list[list[Any]], joined: Any, places: list[int]) -> None:
    """Writes what a merge's matches yield into the rows of its target.

    Raises:
        SqlError: a row is matched twice.
    """
    touched: set[int] = set()
    for match in joined.row:
        number = match.cell[0].int64_value
        if number in touched:
            raise SqlError("UPDATE/MERGE must match at most one source row for each target row")
        touched.add(number)
        for place, cell in zip(places, match.cell[2:], strict=True):
            rows[number][place] = cell


def serve() -> None:
    """Answers requests until the pipe is closed."""
    # The engine's module may write to the standard output, which is the pipe.
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    warehouse = Warehouse()
    for line in sys.stdin:
        try:
            reply = {"answer": warehouse.answer(json.loads(line))}
        except SqlError as error:
            reply = {"error": str(error)}
        replies.write(json.dumps(reply) + "\n")
        replies.flush()


if __name__ == "__main__":
    serve()
