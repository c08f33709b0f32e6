"""Table files: the exchange format of the two Python environments.

One JSON file per table, `<dataset>.<table>.json`, holding `columns` as `[name, BigQuery type]`
pairs and `rows` as lists. Only the standard library is used here, so both environments can import
it.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

UTC = dt.UTC
ARRIVAL_COLUMN = "received_at"  # when a row reached the warehouse
LOAD_TIME = "_PARTITIONTIME"  # pseudo column of tables that are partitioned by the load
Catalog = dict[tuple[str, str], list[tuple[str, str]]]


@dataclass
class Table:
    """Columns with their BigQuery types, and the rows as Python values."""

    columns: list[tuple[str, str]]
    rows: list[list[Any]] = field(default_factory=list)


def read_catalog(path: Path) -> Catalog:
    """Reads a catalog file: `{"dataset.table": [["column", "TYPE"], ...]}`."""
    content = json.loads(path.read_text(encoding="utf-8"))
    return {
        tuple(name.split(".", 1)): [(column, kind) for column, kind in columns]
        for name, columns in content.items()
    }


def write_catalog(catalog: Catalog, path: Path) -> None:
    """Writes a catalog file, the counterpart of `read_catalog`."""
    content = {
        f"{dataset}.{table}": [list(column) for column in columns]
        for (dataset, table), columns in sorted(catalog.items())
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def split_fields(content: str) -> list[str]:
    """Splits the inside of a STRUCT type at its top-level commas."""
    parts, depth, start = [], 0, 0
    for position, character in enumerate(content):
        if character in "<(":
            depth += 1
        elif character in ">)":
            depth -= 1
        elif character == "," and depth == 0:
            parts.append(content[start:position])
            start = position + 1
    return [part.strip() for part in [*parts, content[start:]] if part.strip()]


def struct_fields(kind: str) -> list[tuple[str, str]]:
    """Names and types of the fields of a STRUCT type, `STRUCT<a INT64, b STRING>`."""
    inside = kind.strip()[len("struct<") : -1]
    return [tuple(part.split(None, 1)) for part in split_fields(inside)]


def element_type(kind: str) -> str:
    """The element type of an ARRAY type."""
    return kind.strip()[len("array<") : -1].strip()


def as_utc(value: dt.datetime) -> dt.datetime:
    """A timestamp in UTC; one without a time zone is taken to be in UTC already."""
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def to_json(value: Any) -> Any:
    """A Python value as JSON; its column's type tells `from_json` how to read it back."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, list | tuple):
        return [to_json(item) for item in value]
    if isinstance(value, dict):
        return {key: to_json(item) for key, item in value.items()}
    return value


def from_json(value: Any, kind: str) -> Any:
    """A JSON value as the Python value of a BigQuery type."""
    upper = kind.upper().split("(", 1)[0].strip() if "<" not in kind else kind.upper()
    if value is None:
        return None
    if upper.startswith("ARRAY<"):
        return [from_json(item, element_type(kind)) for item in value]
    if upper.startswith("STRUCT<"):
        return {name: from_json(value[name], inner) for name, inner in struct_fields(kind)}
    if upper in ("INT64", "INTEGER"):
        return int(value)
    if upper in ("FLOAT64", "FLOAT"):
        return float(value)
    if upper in ("NUMERIC", "BIGNUMERIC"):
        return Decimal(str(value))
    if upper in ("BOOL", "BOOLEAN"):
        return (
            value if isinstance(value, bool) else str(value).strip().lower() in ("true", "t", "1")
        )
    if upper == "TIMESTAMP":
        return as_utc(dt.datetime.fromisoformat(str(value).strip().replace(" UTC", "+00:00")))
    if upper == "DATETIME":
        return dt.datetime.fromisoformat(str(value).strip()).replace(tzinfo=None)
    if upper == "DATE":
        return dt.date.fromisoformat(str(value).strip()[:10])
    if upper == "TIME":
        return dt.time.fromisoformat(str(value).strip())
    if upper == "BYTES":
        return base64.b64decode(value)
    return str(value)


def write_table(table: Table, path: Path) -> None:
    """Writes a table file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {
        "columns": [list(column) for column in table.columns],
        "rows": [[to_json(value) for value in row] for row in table.rows],
    }
    path.write_text(json.dumps(content, allow_nan=False) + "\n", encoding="utf-8")


def read_table(path: Path, columns: Iterable[tuple[str, str]] | None = None) -> Table:
    """Reads a table file, as the given columns if they are given."""
    content = json.loads(path.read_text(encoding="utf-8"))
    stored = [name.lower() for name, _ in content["columns"]]
    wanted = [(name, kind) for name, kind in columns or content["columns"]]
    places = [(stored.index(name.lower()), kind) for name, kind in wanted]
    rows = [[from_json(row[place], kind) for place, kind in places] for row in content["rows"]]
    return Table(wanted, rows)
