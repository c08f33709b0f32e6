"""A client of the warehouse in `warehouse.py`, in the shape of BigQuery's client library.

It replaces that library beneath the real dbt-bigquery adapter, so that dbt runs as it always does.
"""

from __future__ import annotations

import itertools
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace, TracebackType
from typing import Any

from compile_project import PROJECT, CatalogClient, schema_field
from google.api_core.exceptions import BadRequest
from google.cloud.bigquery import DatasetReference, SchemaField, Table, TableReference
from google.cloud.bigquery.table import Row
from tables import Catalog, from_json

HERE = Path(__file__).resolve().parent
EVERYTHING = re.compile(r"\bwhere\s+true\s*;?\s*\Z", re.IGNORECASE)


class ServerError(Exception):
    """The warehouse refused a request, or is gone."""


class Server:
    """The warehouse's process."""

    def __init__(self, python: str) -> None:
        self.process = subprocess.Popen(
            [python, str(HERE / "warehouse.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )

    def __enter__(self) -> Server:
        """The server itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Ends the process."""
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()

    def ask(self, do: str, **request: Any) -> Any:
        """Sends a request and returns the answer.

        Raises:
            ServerError: the request is refused, or the process has ended.
        """
        self.process.stdin.write(json.dumps({"do": do, **request}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise ServerError("the warehouse's process has ended")
        reply = json.loads(line)
        if "error" in reply:
            raise ServerError(reply["error"])
        return reply["answer"]

    def fill(self, catalog: Catalog, folder: Path) -> None:
        """Makes tables with the contents of the table files in a folder."""
        for (dataset, name), columns in catalog.items():
            path = str(folder / f"{dataset}.{name}.json")
            self.ask("fill", dataset=dataset, name=name, columns=columns, path=path)


class Rows:
    """The rows that a query yields."""

    def __init__(self, columns: list[list[str]], rows: list[list[Any]]) -> None:
        self.schema = [schema_field(name, kind) for name, kind in columns]
        self.kinds = [kind for _, kind in columns]
        self.places = {name: place for place, (name, _) in enumerate(columns)}
        self.rows = rows

    def __iter__(self) -> Iterator[Row]:
        """The rows as the client library gives them."""
        for row in self.rows:
            values = tuple(from_json(*cell) for cell in zip(row, self.kinds, strict=True))
            yield Row(values, self.places)


class WarehouseClient(CatalogClient):
    """The part of BigQuery's client that dbt uses, answered by the warehouse."""

    def __init__(self, server: Server) -> None:
        super().__init__({})
        self.server = server
        self.statements = 0
        self.merged: set[str] = set()  # tables that were merged into
        self.rebuilt: set[str] = set()  # tables that were made anew
        self.emptied: set[str] = set()  # tables of which all rows were deleted
        self._tables: dict[tuple[str, str], dict[str, Any]] | None = None
        self._numbers = itertools.count(1)

    def described(self) -> dict[tuple[str, str], dict[str, Any]]:
        """Every table as it is now."""
        if self._tables is None:
            answer = self.server.ask("tables")
            self._tables = {(table["dataset"], table["name"]): table for table in answer}
        return self._tables

    def datasets(self) -> list[str]:
        """The names of the datasets."""
        return self.server.ask("datasets")

    def fills(self, _: str) -> bool:
        """Whether a table that a statement makes gets its rows."""
        return True

    def query(self, *_: Any, query: str = "", **__: Any) -> SimpleNamespace:
        """Sends a statement; returns what dbt needs of BigQuery's job."""
        try:
            answer = self.server.ask("query", sql=query, fill=self.fills(query))
        except ServerError as error:
            raise BadRequest(str(error), errors=[{"message": str(error)}]) from error
        if answer["kind"] != "SELECT":
            self._tables = None
        self.statements += 1
        if answer["kind"] == "MERGE":
            self.merged.add(answer["target"])
        elif answer["kind"].startswith("CREATE_TABLE"):
            self.rebuilt.add(answer["target"])
        elif answer["kind"] == "DELETE" and EVERYTHING.search(query):
            self.emptied.add(answer["target"])
        rows = Rows(answer["columns"], answer["rows"])
        number = next(self._numbers)
        destination = Table(
            TableReference(DatasetReference(PROJECT, "_answers"), f"answer_{number}"),
            schema=rows.schema,
        )
        destination._properties["numRows"] = len(rows.rows)
        return SimpleNamespace(
            statement_type=answer["kind"],
            destination=destination,
            num_dml_affected_rows=answer["affected"],
            total_bytes_processed=0,
            total_bytes_billed=0,
            slot_millis=0,
            location="US",
            job_id=f"job_{number}",
            project=PROJECT,
            result=lambda *_, **__: rows,
        )

    def delete_table(self, reference: TableReference, **_: Any) -> None:
        """Drops a table."""
        self.server.ask("drop", dataset=reference.dataset_id, name=reference.table_id)
        self._tables = None

    def update_table(self, table: Table, fields: list[str]) -> None:
        """Adds columns to a table; descriptions, which dbt changes as well, have no effect here."""
        if fields == ["description"]:
            return
        if fields != ["schema"]:
            raise ServerError(f"this change of a table is not carried out here: {fields}")
        key = (table.dataset_id, table.table_id)
        known = {name.lower() for name, _ in self.described()[key]["columns"]}
        added = [
            (column.name, column_type(column))
            for column in table.schema
            if column.name.lower() not in known
        ]
        if added:
            dataset, name = key
            self.server.ask("add_columns", dataset=dataset, name=name, columns=added)
            self._tables = None


def column_type(column: SchemaField) -> str:
    """The type of a column that the API describes, as statements write it."""
    names = {"INTEGER": "INT64", "FLOAT": "FLOAT64", "BOOLEAN": "BOOL"}
    kind = names.get(column.field_type, column.field_type)
    if kind in ("RECORD", "STRUCT"):
        inside = ", ".join(f"{field.name} {column_type(field)}" for field in column.fields)
        kind = f"STRUCT<{inside}>"
    return f"ARRAY<{kind}>" if column.mode == "REPEATED" else kind
