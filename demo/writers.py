"""Where tables go: parquet or CSV files, or a DuckDB database."""

from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

import duckdb
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from demo.tables import plain

ALL_DIFFERENT = ("id", "order_id", "identifier", "canonical", "person", "user_id", "anonymous_id")
"""Columns for which a dictionary in the parquet file is wasted time."""


class Writer(Protocol):
    """Takes one table after the other, chunk by chunk."""

    def write(self, name: str, table: pa.Table) -> None:
        """Append a chunk.

        Args:
            name: Name of the table.
            table: Rows; the columns are the same in every chunk.
        """

    def close(self) -> None:
        """Finish everything that is open."""


class ParquetWriter:
    """One parquet file per table, one row group or more per chunk."""

    def __init__(self, folder: Path):
        """Prepare a folder.

        Args:
            folder: Where the files go; made when it is not there.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._open: dict[str, pq.ParquetWriter] = {}

    def write(self, name: str, table: pa.Table) -> None:
        """Append a chunk.

        Args:
            name: Name of the table, and of the file.
            table: Rows.
        """
        if name not in self._open:
            few = [
                field.name
                for field in table.schema
                if field.name not in ALL_DIFFERENT
                and (pa.types.is_dictionary(field.type) or pa.types.is_string(field.type))
            ]
            # Without the Arrow schema, dictionary-encoded text reads back as text.
            self._open[name] = pq.ParquetWriter(
                self._folder / f"{name}.parquet",
                table.schema,
                compression="snappy",
                use_dictionary=few,
                store_schema=False,
            )
        self._open[name].write_table(table)

    def close(self) -> None:
        """Write the footers."""
        for writer in self._open.values():
            writer.close()


class CsvWriter:
    """One CSV file per table; a null is an empty field."""

    def __init__(self, folder: Path, prefix: str = "", order_by: Iterable[str] = ()):
        """Prepare a folder.

        Args:
            folder: Where the files go; made when it is not there.
            prefix: Put before every file name.
            order_by: Sort each chunk by those of these columns that it has.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._prefix, self._order_by = folder, prefix, tuple(order_by)
        self._open: dict[str, pa_csv.CSVWriter] = {}

    def write(self, name: str, table: pa.Table) -> None:
        """Append a chunk.

        Args:
            name: Name of the table.
            table: Rows.
        """
        table = plain(table)
        keys = [(key, "ascending") for key in self._order_by if key in table.column_names]
        if keys:
            table = table.sort_by(keys)
        if name not in self._open:
            quote = "none" if self._prefix else "needed"
            options = pa_csv.WriteOptions(quoting_style=quote, quoting_header="none")
            path = self._folder / f"{self._prefix}{name}.csv"
            self._open[name] = pa_csv.CSVWriter(path, table.schema, write_options=options)
        self._open[name].write_table(table)

    def close(self) -> None:
        """Close the files."""
        for writer in self._open.values():
            writer.close()


class DuckdbWriter:
    """One table per raw table in a schema of a DuckDB database; replaces tables that are there."""

    def __init__(self, path: Path, schema: str):
        """Open the database.

        Args:
            path: The database file; made when it is not there.
            schema: The schema; made when it is not there.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = duckdb.connect(str(path))
        self._schema = '"' + schema.replace('"', '""') + '"'
        self._connection.execute(f"create schema if not exists {self._schema}")
        self._made: set[str] = set()

    def write(self, name: str, table: pa.Table) -> None:
        """Append a chunk.

        Args:
            name: Name of the table.
            table: Rows.
        """
        columns = ", ".join(
            f'"{field.name}"::timestamp as "{field.name}"'
            if pa.types.is_timestamp(field.type)
            else f'"{field.name}"'
            for field in table.schema
        )
        target = f'{self._schema}."{name}"'
        self._connection.register("chunk_of_rows", plain(table))
        action = f"insert into {target}"
        if name not in self._made:
            action = f"create or replace table {target} as"
        self._connection.execute(f"{action} select {columns} from chunk_of_rows")
        self._connection.unregister("chunk_of_rows")
        self._made.add(name)

    def close(self) -> None:
        """Close the database."""
        self._connection.close()
