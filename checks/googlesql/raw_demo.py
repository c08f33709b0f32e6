"""The raw tables of the demo in a DuckDB file."""

from __future__ import annotations

from pathlib import Path

import duckdb
from tables import ARRIVAL_COLUMN

DEMO_SCHEMA = "segment_demo"


def raw_tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """The raw tables that tell when their rows arrived."""
    names = connection.execute(
        "select table_name from information_schema.columns "
        "where table_schema = ? and column_name = ?",
        [DEMO_SCHEMA, ARRIVAL_COLUMN],
    ).fetchall()
    return [f'{DEMO_SCHEMA}."{name}"' for (name,) in names]


def halfway(database: Path) -> str:
    """The median arrival of the demo data."""
    with duckdb.connect(str(database), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        rows = " union all ".join(
            f"select {ARRIVAL_COLUMN} from {table}" for table in raw_tables(connection)
        )
        return str(
            connection.execute(f"select median({ARRIVAL_COLUMN}) from ({rows})").fetchone()[0]
        )
