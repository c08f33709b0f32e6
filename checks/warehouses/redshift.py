"""Compiles the project with the real dbt-redshift adapter and parses every query as Redshift's.

There is no server of Redshift here, so the answers to dbt's questions about tables are made up: the
demo's tables exist, nothing else. The compiled models are left in a folder for a second parser.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import sqlglot
import yaml
from dbt.adapters.redshift import RedshiftAdapter
from dbt.adapters.redshift.relation import RedshiftRelation
from dbt.cli.main import dbtRunner

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / "target" / "warehouses" / "redshift"
SETTINGS = ROOT / "checks" / "settings.yml"
DEMO_SCHEMA = "segment_demo"
PROFILE = {
    "type": "redshift",
    "host": "127.0.0.1",
    "port": 5439,
    "user": "unused",
    "password": "unused",
    "dbname": "dev",
    "schema": "analytics",
    "threads": 1,
}


def demo_tables() -> dict[str, dict[str, str]]:
    """Tables of the demo data and the types of their columns, as Segment makes them in Redshift."""
    text = (ROOT / "seeds" / "segment_demo" / "_segment_demo.yml").read_text(encoding="utf-8")
    tables = {}
    for seed in yaml.safe_load(text)["seeds"]:
        config = seed["config"]
        types = {
            name: kind if kind == "timestamp" else ("bigint" if "int64" in kind else "varchar(512)")
            for name, kind in config["column_types"].items()
        }
        header = (ROOT / "seeds" / "segment_demo" / f"{seed['name']}.csv").open().readline()
        columns = header.strip().split(",")
        tables[config["alias"]] = {name: types.get(name, "varchar(512)") for name in columns}
    return tables


@contextlib.contextmanager
def introspection(tables: dict[str, dict[str, str]]) -> Iterator[None]:
    """Answers the adapter's questions about tables."""

    def list_relations(_: Any, relation: Any) -> list[Any]:
        if relation.schema != DEMO_SCHEMA:
            return []
        return [
            RedshiftRelation.create(
                database=relation.database, schema=DEMO_SCHEMA, identifier=name, type="table"
            )
            for name in tables
        ]

    def get_columns(self: Any, relation: Any) -> list[Any]:
        return [
            self.Column(name, kind.partition("(")[0], 512 if "(" in kind else None)
            for name, kind in tables.get(relation.identifier, {}).items()
        ]

    def refuse(*_: Any, **__: Any) -> Any:
        raise AssertionError("the project queries the warehouse while it compiles")

    with (
        mock.patch.object(RedshiftAdapter, "list_relations_without_caching", list_relations),
        mock.patch.object(RedshiftAdapter, "get_columns_in_relation", get_columns),
        mock.patch.object(RedshiftAdapter, "_get_catalog_schemas", return_value=[]),
        mock.patch.object(RedshiftAdapter, "set_relations_cache"),
        mock.patch("redshift_connector.connect", refuse),
    ):
        yield


def main() -> int:
    """Compiles, parses and says what was refused."""
    start = time.monotonic()
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    profile = {"segment_experiments": {"target": "redshift", "outputs": {"redshift": PROFILE}}}
    (WORK / "profiles.yml").write_text(yaml.safe_dump(profile), encoding="utf-8")
    with introspection(demo_tables()):
        outcome = dbtRunner().invoke(
            [
                *("--quiet", "--no-use-colors", "--no-send-anonymous-usage-stats"),
                *("compile", "--full-refresh", "--project-dir", str(ROOT)),
                *("--profiles-dir", str(WORK), "--target-path", str(WORK / "target")),
                *("--log-path", str(WORK / "logs"), "--vars", SETTINGS.read_text(encoding="utf-8")),
            ]
        )
    if not outcome.success:
        print(f"redshift: {outcome.exception or 'dbt compile failed'}", file=sys.stderr)
        return 1
    folder, failed, parsed = WORK / "compiled", 0, 0
    folder.mkdir()
    manifest = json.loads((WORK / "target" / "manifest.json").read_text(encoding="utf-8"))
    for node in manifest["nodes"].values():
        code = node.get("compiled_code")
        # The hooks of a run are made of calls, not of SQL.
        if not code or node["resource_type"] == "operation":
            continue
        if node["resource_type"] == "model":
            (folder / f"{node['name']}.sql").write_text(code.strip() + "\n", encoding="utf-8")
        try:
            sqlglot.parse_one(code, dialect="redshift")
            parsed += 1
        except sqlglot.errors.SqlglotError as error:
            failed += 1
            print(f"FAIL {node['name']}: {error}")
    print(f"redshift: {parsed} queries parsed, {failed} failed, {time.monotonic() - start:.1f} s")
    return 1 if failed or not parsed else 0


if __name__ == "__main__":
    sys.exit(main())
