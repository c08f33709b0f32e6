"""A small DuckDB warehouse with Segment-like tables, and dbt to run on it."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import yaml

from tests.python.harness.dbt_process import kept_dbt

PROJECT = Path(__file__).resolve().parents[3]

TIMES = ("original_timestamp", "sent_at", "received_at", "timestamp", "loaded_at")

# Columns of the seed of suppressed users.
SUPPRESSED = "analytics_staging.registry_suppressed_users (user_id varchar, anonymous_id varchar)"


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

    def execute(self, *statements: str) -> None:
        """Run statements in the database."""
        with duckdb.connect(str(self.path)) as connection:
            for sql in statements:
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
                quoted = {key: '"' + key.replace('"', '""') + '"' for key in names}
                columns = ", ".join(
                    f"cast({name} as timestamp) as {name}" if key in TIMES else name
                    for key, name in quoted.items()
                )
            connection.execute(
                f"create or replace table {schema}.{name} as select {columns} from rows"
            )

    def append(self, name: str, rows: pa.Table, schema: str = "segment") -> None:
        """Add rows to a raw table; the table and its columns are made when they are not there."""
        with duckdb.connect(str(self.path)) as connection:
            connection.execute(f"create schema if not exists {schema}")
            connection.register("rows", rows)
            connection.execute(
                f"create table if not exists {schema}.{name} as select * from rows limit 0"
            )
            for column, kind, *_ in connection.execute("describe rows").fetchall():
                connection.execute(
                    f'alter table {schema}.{name} add column if not exists "{column}" {kind}'
                )
            connection.execute(f"insert into {schema}.{name} by name select * from rows")

    def register(
        self,
        experiments: list[tuple[Any, ...]],
        variants: list[tuple[Any, ...]],
        more: dict[str, dict[str, Any]] | None = None,
    ) -> None:
        """Replace the registry, as `dbt seed` does; the suppressed users stay.

        Args:
            experiments: rows of experiment_id, control_variant, started_at, ended_at,
                primary_metric and, where there is one, activation_event.
            variants: rows of experiment_id, variant and expected_share.
            more: experiment -> texts of further columns, which the table has only then.
        """
        with duckdb.connect(str(self.path)) as connection:
            connection.execute("create schema if not exists analytics_staging")
            connection.execute("""
                create or replace table analytics_staging.registry_experiments (
                    experiment_id varchar, control_variant varchar, started_at timestamp,
                    ended_at timestamp, primary_metric varchar, activation_event varchar,
                    owner varchar, hypothesis varchar
                )
            """)
            connection.execute("""
                create or replace table analytics_staging.registry_experiment_variants (
                    experiment_id varchar, variant varchar, expected_share double
                )
            """)
            connection.execute(f"create table if not exists {SUPPRESSED}")
            for table, rows in (("experiments", experiments), ("experiment_variants", variants)):
                relation = f"analytics_staging.registry_{table}"
                names = connection.table(relation).columns
                for row in rows:
                    columns = ", ".join(names[: len(row)])
                    marks = ", ".join("?" for _ in row)
                    connection.execute(f"insert into {relation} ({columns}) values ({marks})", row)
            for name, fields in (more or {}).items():
                for column, value in fields.items():
                    connection.execute(
                        "alter table analytics_staging.registry_experiments "
                        f"add column if not exists {column} varchar"
                    )
                    connection.execute(
                        f"update analytics_staging.registry_experiments set {column} = ? "
                        "where experiment_id = ?",
                        [value, name],
                    )

    def suppress(self, *ids: dict[str, str]) -> None:
        """Replace the list of suppressed users, as `dbt seed` does.

        Args:
            ids: each with a `user_id`, an `anonymous_id`, or both.
        """
        with duckdb.connect(str(self.path)) as connection:
            connection.execute("create schema if not exists analytics_staging")
            connection.execute(f"create or replace table {SUPPRESSED}")
            for row in ids:
                connection.execute(
                    "insert into analytics_staging.registry_suppressed_users values (?, ?)",
                    [row.get("user_id"), row.get("anonymous_id")],
                )

    def copy_raw_to(self, other: Path) -> None:
        """Copy the raw tables and the registry to another DuckDB file, their rows shuffled."""
        with duckdb.connect() as connection:
            connection.execute(f"attach '{self.path}' as here; attach '{other}' as there")
            connection.execute("select setseed(0.5)")
            for table in _raw_tables(connection, "here"):
                connection.execute(f"create schema if not exists there.{table.split('.')[0]}")
                connection.execute(
                    f"create table there.{table} as select * from here.{table} order by random()"
                )

    def raw_fingerprint(self) -> str:
        """A text that is the same when the raw tables and the registry have the same rows."""
        prints = []
        with duckdb.connect(str(self.path)) as connection:
            for table in _raw_tables(connection, "warehouse"):
                columns = sorted(connection.execute(f"describe {table}").fetchall())
                names = ", ".join(f'"{column[0]}"' for column in columns)
                rows = connection.execute(f"select count(*), sum(hash({names})) from {table}")
                prints.append((table, [column[:2] for column in columns], rows.fetchone()))
        return str(prints)

    def query(self, sql: str) -> list[dict[str, Any]]:
        """Rows of a query as dicts; marts are in the schema `analytics`."""
        with duckdb.connect(str(self.path), read_only=True) as connection:
            connection.execute("set schema = 'analytics'")
            cursor = connection.execute(sql)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def query_table(self, sql: str) -> pa.Table:
        """Rows of a query as an Arrow table; marts are in the schema `analytics`."""
        with duckdb.connect(str(self.path), read_only=True) as connection:
            connection.execute("set schema = 'analytics'")
            return connection.sql(sql).to_arrow_table()

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
        dbt = kept_dbt()
        error = dbt.run(list(self._arguments(arguments, settings)), self._environment())
        if error is not None:
            raise DbtError(f"{dbt.printed}\n{error}")
        return dbt.printed

    def start_dbt(
        self, *arguments: str, settings: dict[str, Any] | None = None, **options: Any
    ) -> subprocess.Popen[str]:
        """Start dbt on this warehouse as a user does, in a process of its own; do not wait for it.

        Args:
            arguments: of the dbt command line.
            settings: dbt vars of this run, over those of the warehouse.
            options: of subprocess.Popen.
        """
        return subprocess.Popen(
            [
                *(sys.executable, "-m", "dbt.cli.main", "--no-use-colors"),
                *self._arguments(arguments, settings),
            ],
            cwd=PROJECT,
            env={**os.environ, **self._environment()},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **options,
        )

    def compile_inline(self, sql: str, settings: dict[str, Any] | None = None) -> str:
        """SQL of an inline query that uses the project's models and macros.

        Args:
            sql: with Jinja.
            settings: as of dbt().
        """
        arguments = ("-q", "compile", "--inline", sql, "--output", "json")
        return json.loads(self.dbt(*arguments, settings=settings))["compiled"]

    def _arguments(
        self, arguments: tuple[str, ...], settings: dict[str, Any] | None
    ) -> tuple[str, ...]:
        return (
            *arguments,
            # YAML, as people write settings: it has dates, too.
            *("--vars", yaml.safe_dump({**self.settings, **(settings or {})}, width=math.inf)),
            *("--target-path", str(self.folder / "target")),
            *("--log-path", str(self.folder / "logs")),
            *("--project-dir", str(PROJECT), "--profiles-dir", str(profiles(self.folder))),
        )

    def _environment(self) -> dict[str, str]:
        return {"DUCKDB_PATH": str(self.path), "DBT_TARGET": "duckdb"}


def _raw_tables(connection: duckdb.DuckDBPyConnection, database: str) -> list[str]:
    """The raw tables and the registry of a database, as `schema.name`."""
    rows = connection.execute(
        """
        select table_schema || '.' || table_name from information_schema.tables
        where table_catalog = ? and (
            table_schema in ('segment', 'segment_demo')
            or table_schema = 'analytics_staging' and starts_with(table_name, 'registry_')
        )
        order by all
        """,
        [database],
    )
    return [name for (name,) in rows.fetchall()]


def profiles(folder: Path) -> Path:
    """Folder with a profiles.yml made from the example; each worker of the tests has one core."""
    target = folder / "profiles"
    target.mkdir(exist_ok=True)
    text = (PROJECT / "profiles.example.yml").read_text()
    (target / "profiles.yml").write_text(text.replace("threads: 2", "threads: 1"))
    return target
