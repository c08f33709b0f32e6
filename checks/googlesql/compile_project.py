"""Compiles the dbt project for BigQuery without a server and without network.

The real dbt-bigquery adapter runs; only the client library beneath it is replaced, by one that
answers questions about datasets, tables and columns from a catalog and refuses everything else. No
SQL is rewritten and no query is answered, so nothing can hide a fault of the project.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import yaml
from dbt.adapters.bigquery import BigQueryAdapter
from dbt.adapters.bigquery import connections as bigquery_connections
from dbt.cli.main import dbtRunner
from dbt_common.clients import agate_helper
from dbt_common.events.contextvars import get_node_info
from google.api_core.exceptions import NotFound
from google.cloud.bigquery import SchemaField, Table, TableReference
from tables import Catalog, element_type, read_catalog, struct_fields, write_catalog

PROJECT = "local-project"
DATASET = "analytics"
# What a load job takes as the type of a seed's column.
LOAD_TYPES = {
    *("STRING", "BYTES", "INTEGER", "INT64", "FLOAT", "FLOAT64", "BOOLEAN", "BOOL", "TIMESTAMP"),
    *("DATE", "TIME", "DATETIME", "GEOGRAPHY", "NUMERIC", "BIGNUMERIC", "JSON"),
}


class CompileError(Exception):
    """The project does not parse or compile for BigQuery."""


class QueryRefusedError(Exception):
    """The project sent a query while it compiled; there is no server to answer it."""


def schema_field(name: str, kind: str) -> SchemaField:
    """A column as BigQuery's API describes it."""
    mode = "NULLABLE"
    if kind.upper().startswith("ARRAY<"):
        mode, kind = "REPEATED", element_type(kind)
    if kind.upper().startswith("STRUCT<"):
        fields = tuple(schema_field(inner, of) for inner, of in struct_fields(kind))
        return SchemaField(name, "RECORD", mode=mode, fields=fields)
    api_names = {"INT64": "INTEGER", "FLOAT64": "FLOAT", "BOOL": "BOOLEAN"}
    return SchemaField(name, api_names.get(kind.upper(), kind.upper()), mode=mode)


class CatalogClient:
    """The part of BigQuery's client that introspection uses, answered from a catalog."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.project = PROJECT

    def get_table(self, reference: TableReference, *_: Any, **__: Any) -> Table:
        """Describes a table of the catalog."""
        key = (reference.dataset_id, reference.table_id)
        if reference.project != PROJECT or key not in self.catalog:
            raise NotFound(f"Not found: Table {reference.project}:{'.'.join(key)}")
        table = Table(reference, schema=[schema_field(*column) for column in self.catalog[key]])
        table._properties["type"] = "TABLE"
        return table

    def list_tables(self, dataset: Any, *_: Any, **__: Any) -> Iterator[SimpleNamespace]:
        """Lists a dataset's tables."""
        names = [name for schema, name in self.catalog if schema == dataset.dataset_id]
        if dataset.project != PROJECT or not names:
            raise NotFound(f"Not found: Dataset {dataset.project}:{dataset.dataset_id}")
        for name in names:
            yield SimpleNamespace(
                project=PROJECT, dataset_id=dataset.dataset_id, table_id=name, table_type="TABLE"
            )

    def list_routines(self, *_: Any, **__: Any) -> list[Any]:
        """Lists a dataset's routines; there are none."""
        return []

    def get_routine(self, reference: Any, *_: Any, **__: Any) -> Any:
        """Describes a routine; there is none."""
        raise NotFound(f"Not found: Routine {reference}")

    def list_datasets(self, *_: Any, **__: Any) -> list[SimpleNamespace]:
        """Lists the project's datasets."""
        return [SimpleNamespace(dataset_id=name) for name in sorted({s for s, _ in self.catalog})]

    def query(self, *_: Any, query: str = "", **__: Any) -> Any:
        """Refuses: there is no server."""
        raise QueryRefusedError(
            f"the project queries the warehouse while it compiles: {query.strip()}"
        )

    def close(self) -> None:
        """Closes nothing."""


@contextlib.contextmanager
def introspection(catalog: Catalog) -> Iterator[set[tuple[str, str]]]:
    """Answers the adapter from a catalog; yields the set of tables that it asked about.

    A model that asks about its own table (`is_incremental()`) is not counted.
    """
    asked: set[tuple[str, str]] = set()
    get_relation = BigQueryAdapter.get_relation
    get_columns = BigQueryAdapter.get_columns_in_relation

    def recorded_relation(self: Any, database: str, schema: str, identifier: str) -> Any:
        this = get_node_info().get("node_relation") or {}
        if (this.get("schema"), this.get("alias")) != (schema, identifier):
            asked.add((schema, identifier))
        return get_relation(self, database, schema, identifier)

    def recorded_columns(self: Any, relation: Any) -> Any:
        asked.add((relation.schema, relation.identifier))
        return get_columns(self, relation)

    with (
        mock.patch.object(
            bigquery_connections,
            "create_bigquery_client",
            return_value=CatalogClient(catalog),
        ),
        mock.patch.object(BigQueryAdapter, "get_relation", recorded_relation),
        mock.patch.object(BigQueryAdapter, "get_columns_in_relation", recorded_columns),
    ):
        yield asked


class Compiler:
    """dbt for one project, on the BigQuery target, in this process."""

    def __init__(self, project_dir: Path, work_dir: Path, variables: dict[str, Any]) -> None:
        self.project_dir = project_dir.resolve()
        self.work_dir = work_dir.resolve()
        self.variables = variables
        self.work_dir.mkdir(parents=True, exist_ok=True)
        settings = yaml.safe_load((self.project_dir / "dbt_project.yml").read_text("utf-8"))
        profile = {
            settings["profile"]: {
                "target": "bigquery",
                "outputs": {
                    "bigquery": {
                        "type": "bigquery",
                        "method": "oauth-secrets",
                        "token": "fake-token",
                        "project": PROJECT,
                        "dataset": DATASET,
                        "location": "US",
                        "threads": 1,
                        "priority": "interactive",
                        "job_retries": 0,
                    }
                },
            }
        }
        (self.work_dir / "profiles.yml").write_text(yaml.safe_dump(profile), encoding="utf-8")

    def invoke(self, command: str, *arguments: str) -> Any:
        """Runs a dbt command and returns its result.

        Raises:
            CompileError: dbt failed.
        """
        inherited = {name for name in os.environ if name.startswith("DBT_")}
        kept = {name: value for name, value in os.environ.items() if name not in inherited}
        with mock.patch.dict(os.environ, kept, clear=True):
            outcome = dbtRunner().invoke(
                [
                    *("--quiet", "--no-send-anonymous-usage-stats", "--no-version-check"),
                    command,
                    *("--project-dir", str(self.project_dir)),
                    *("--profiles-dir", str(self.work_dir)),
                    *("--target", "bigquery"),
                    *("--target-path", str(self.work_dir / "target")),
                    *("--log-path", str(self.work_dir / "logs")),
                    *("--vars", json.dumps(self.variables)),
                    *arguments,
                ]
            )
        if not outcome.success:
            failed = [
                f"{result.node.name}: {result.message}"
                for result in getattr(outcome.result, "results", None) or []
                if str(result.status) in ("error", "fail")
            ]
            raise CompileError("\n".join(failed) or str(outcome.exception or f"dbt {command}"))
        return outcome.result

    def seed_catalog(self) -> Catalog:
        """The tables that `dbt seed` makes, with the types that the adapter gives their columns.

        Raises:
            CompileError: the project does not parse, or a declared type is none of a load job's.
        """
        manifest = self.invoke("parse")
        catalog: Catalog = {}
        for node in manifest.nodes.values():
            if node.resource_type != "seed":
                continue
            path = Path(node.root_path or self.project_dir) / node.original_file_path
            declared = {name.lower(): kind for name, kind in node.config.column_types.items()}
            loaded = agate_helper.from_csv(
                str(path), text_columns=node.config.column_types, delimiter=node.config.delimiter
            )
            columns = []
            for position, name in enumerate(loaded.column_names):
                kind = declared.get(name.lower())
                kind = kind or BigQueryAdapter.convert_agate_type(loaded, position) or "string"
                if kind.upper() not in LOAD_TYPES:
                    raise CompileError(f"seed {node.name}: no load job takes the type {kind!r}")
                columns.append((name, kind.upper()))
            catalog[node.schema, node.alias] = columns
        return catalog

    def compile(
        self, catalog: Catalog, manifest_path: Path, full_refresh: bool = True
    ) -> set[tuple[str, str]]:
        """Compiles the project against a catalog and writes the manifest.

        Args:
            catalog: Every table that exists, the project's own included. An incremental model whose
                table exists compiles in its incremental form, unless `full_refresh`.
            manifest_path: Where the manifest with the compiled code goes.
            full_refresh: Compile every model as for a first run.

        Returns:
            The tables, as (dataset, name), that the project asked about.

        Raises:
            CompileError: dbt failed.
        """
        with introspection(catalog) as asked:
            self.invoke("compile", *(["--full-refresh"] if full_refresh else []))
        manifest_path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self.work_dir / "target" / "manifest.json", manifest_path)
        return asked


def main() -> int:
    """Compiles a project from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--project-dir", type=Path, default=Path.cwd())
    parser.add_argument("--vars", default="{}", help="YAML, as for dbt")
    parser.add_argument("--catalog", type=Path, help="more raw tables, as a catalog file")
    parser.add_argument("--existing", type=Path, help="catalog of models that are already built")
    parser.add_argument("--out", type=Path, required=True, help="folder of the results")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        compiler = Compiler(options.project_dir, Path(work), yaml.safe_load(options.vars) or {})
        try:
            catalog = compiler.seed_catalog()
            if options.catalog:
                catalog |= read_catalog(options.catalog)
            write_catalog(catalog, options.out / "catalog.json")
            existing = read_catalog(options.existing) if options.existing else {}
            compiler.compile(
                catalog | existing, options.out / "manifest.json", full_refresh=not existing
            )
        except CompileError as error:
            print(f"compile: {error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
