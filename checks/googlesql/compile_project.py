"""Runs dbt on the BigQuery target without a server and without network, and compiles the project.

The real dbt-bigquery adapter runs; only the client library beneath it is replaced. To compile as
for a first run, it answers questions about datasets, tables and columns from a catalog and refuses
every query.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
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
from google.api_core.exceptions import NotFound
from google.cloud.bigquery import SchemaField, Table, TableReference, TimePartitioning
from tables import Catalog, element_type, struct_fields

PROJECT = "local-project"
DATASET = "analytics"
# What a load job takes as the type of a seed's column.
LOAD_TYPES = {
    *("STRING", "BYTES", "INTEGER", "INT64", "FLOAT", "FLOAT64", "BOOLEAN", "BOOL", "TIMESTAMP"),
    *("DATE", "TIME", "DATETIME", "GEOGRAPHY", "NUMERIC", "BIGNUMERIC", "JSON"),
}


class DbtError(Exception):
    """A dbt command failed."""


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

    def described(self) -> dict[tuple[str, str], dict[str, Any]]:
        """Every table: its columns, and what else is known of it."""
        return {key: {"columns": columns} for key, columns in self.catalog.items()}

    def datasets(self) -> list[str]:
        """The names of the datasets."""
        return sorted({dataset for dataset, _ in self.catalog})

    def get_table(self, reference: TableReference | Table, *_: Any, **__: Any) -> Table:
        """Describes a table."""
        if isinstance(reference, Table):  # where the answer of a query lies
            return reference
        key = (reference.dataset_id, reference.table_id)
        known = self.described().get(key)
        if reference.project != PROJECT or known is None:
            raise NotFound(f"Not found: Table {reference.project}:{'.'.join(key)}")
        table = Table(reference, schema=[schema_field(*column) for column in known["columns"]])
        table._properties["type"] = known.get("kind", "TABLE")
        if known.get("partition_field"):
            table.time_partitioning = TimePartitioning(
                type_=known["partition_unit"], field=known["partition_field"]
            )
        if known.get("cluster_by"):
            table.clustering_fields = known["cluster_by"]
        return table

    def list_tables(self, dataset: Any, *_: Any, **__: Any) -> Iterator[SimpleNamespace]:
        """Lists a dataset's tables."""
        if dataset.project != PROJECT or dataset.dataset_id not in self.datasets():
            raise NotFound(f"Not found: Dataset {dataset.project}:{dataset.dataset_id}")
        for (schema, name), known in self.described().items():
            if schema == dataset.dataset_id:
                yield SimpleNamespace(
                    project=PROJECT,
                    dataset_id=schema,
                    table_id=name,
                    table_type=known.get("kind", "TABLE"),
                )

    def list_routines(self, *_: Any, **__: Any) -> list[Any]:
        """Lists a dataset's routines; there are none."""
        return []

    def get_routine(self, reference: Any, *_: Any, **__: Any) -> Any:
        """Describes a routine; there is none."""
        raise NotFound(f"Not found: Routine {reference}")

    def list_datasets(self, *_: Any, **__: Any) -> list[SimpleNamespace]:
        """Lists the project's datasets."""
        return [SimpleNamespace(dataset_id=name) for name in self.datasets()]

    def query(self, *_: Any, query: str = "", **__: Any) -> Any:
        """Refuses: there is no server."""
        raise QueryRefusedError(
            f"the project queries the warehouse while it compiles: {query.strip()}"
        )

    def close(self) -> None:
        """Closes nothing."""


@contextlib.contextmanager
def connected(client: CatalogClient) -> Iterator[None]:
    """Lets the adapter talk to a client of ours."""
    with mock.patch.object(bigquery_connections, "create_bigquery_client", return_value=client):
        yield


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
            DbtError: dbt failed.
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
            raise DbtError("\n".join(failed) or str(outcome.exception or f"dbt {command}"))
        return outcome.result

    def seed_catalog(self) -> Catalog:
        """The tables that `dbt seed` makes, with the types that the adapter gives their columns.

        Raises:
            DbtError: the project does not parse, or a declared type is none of a load job's.
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
                    raise DbtError(f"seed {node.name}: no load job takes the type {kind!r}")
                columns.append((name, kind.upper()))
            catalog[node.schema, node.alias] = columns
        return catalog

    def compile(self, catalog: Catalog, manifest_path: Path) -> None:
        """Compiles the project as for a first run, when only the raw tables stand.

        Args:
            catalog: The raw tables.
            manifest_path: Where the manifest with the compiled code goes.

        Raises:
            DbtError: dbt failed, or the project sent a query.
        """
        with connected(CatalogClient(catalog)):
            self.invoke("compile")
        manifest_path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self.work_dir / "target" / "manifest.json", manifest_path)
