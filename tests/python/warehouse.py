"""A small DuckDB warehouse with Segment-like tables, and dbt to run on it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

PROJECT = Path(__file__).resolve().parents[2]

TIMES = ("original_timestamp", "sent_at", "received_at", "timestamp", "loaded_at")


class DbtError(AssertionError):
    """dbt ended with an error; the message is what it printed."""


class Warehouse:
    """A DuckDB file in a folder of its own, with raw tables in the schema `segment`.

    Args:
        folder: an empty folder for the database, dbt's target and its logs.
        settings: dbt vars of every run, over the test defaults.
    """

    def __init__(self, folder: Path, settings: dict[str, Any] | None = None) -> None:
        self.folder = folder
        self.path = folder / "warehouse.duckdb"
        self.settings: dict[str, Any] = {"demo_data": False, **(settings or {})}
        self.execute("create schema if not exists segment")

    def execute(self, sql: str) -> None:
        """Run a statement in the database."""
        with duckdb.connect(str(self.path)) as connection:
            connection.execute(sql)

    def load(
        self, name: str, rows: list[dict[str, Any]] | pa.Table, schema: str = "segment"
    ) -> None:
        """Create or replace a raw table.

        Args:
            name: table name.
            rows: an Arrow table, or dicts; texts in Segment's time columns become timestamps.
            schema: schema of the table.
        """
        with duckdb.connect(str(self.path)) as connection:
            connection.execute(f"create schema if not exists {schema}")
            if isinstance(rows, pa.Table):
                connection.register("rows", rows)
                columns = "*"
            else:
                names = list(dict.fromkeys(key for row in rows for key in row))
                connection.register(
                    "rows", pa.table({key: [row.get(key) for row in rows] for key in names})
                )
                columns = ", ".join(
                    f'cast("{key}" as timestamp) as "{key}"' if key in TIMES else f'"{key}"'
                    for key in names
                )
            connection.execute(
                f"create or replace table {schema}.{name} as select {columns} from rows"
            )

    def query(self, sql: str) -> list[dict[str, Any]]:
        """Rows of a query as dicts; marts are in the schema `analytics`."""
        with duckdb.connect(str(self.path), read_only=True) as connection:
            connection.execute("set schema = 'analytics'")
            cursor = connection.execute(sql)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def dbt(self, *arguments: str, settings: dict[str, Any] | None = None) -> str:
        """Run dbt on this warehouse.

        Args:
            arguments: of the dbt command line.
            settings: dbt vars of this run, over those of the warehouse.

        Returns:
            What dbt printed.

        Raises:
            DbtError: when dbt fails.
        """
        process = subprocess.run(
            [
                *(sys.executable, "-m", "dbt.cli.main", "--no-use-colors"),
                *arguments,
                *("--vars", json.dumps({**self.settings, **(settings or {})})),
                *("--target-path", str(self.folder / "target")),
                *("--log-path", str(self.folder / "logs")),
                *("--project-dir", str(PROJECT), "--profiles-dir", str(profiles(self.folder))),
            ],
            cwd=PROJECT,
            env={**os.environ, "DUCKDB_PATH": str(self.path), "DBT_TARGET": "duckdb"},
            capture_output=True,
            text=True,
            check=False,
        )
        if process.returncode != 0:
            raise DbtError(process.stdout + process.stderr)
        return process.stdout

    def user_events(self) -> str:
        """SQL of all events under the user they belong to (the ephemeral model int_user_events)."""
        return self.compile_inline(
            "select * from {{ ref('segment_experiments', 'int_user_events') }}", "--full-refresh"
        )

    def compile_inline(self, sql: str, *arguments: str) -> str:
        """SQL of an inline query that uses the project's models and macros."""
        printed = self.dbt("-q", "compile", "--inline", sql, "--output", "json", *arguments)
        return json.loads(printed)["compiled"]


def profiles(folder: Path) -> Path:
    """Folder with a profiles.yml made from the example."""
    target = folder / "profiles"
    target.mkdir(exist_ok=True)
    (target / "profiles.yml").write_text((PROJECT / "profiles.example.yml").read_text())
    return target
