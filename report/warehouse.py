"""Reads the marts through dbt's own adapter, so that every target of a profile works alike."""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from dbt.adapters.factory import FACTORY
from dbt.cli.main import dbtRunner, dbtRunnerResult
from dbt_common.exceptions import DbtBaseException

from .marts import Mart

PACKAGE = "segment_experiments"

Row = dict[str, Any]


class ReportError(Exception):
    """The report cannot be made; the message is one sentence for the user."""


@dataclass(frozen=True)
class Target:
    """Where dbt finds the project and the warehouse.

    Attributes:
        name: target of the profile; None: the profile's default.
        project: folder of the dbt project, which is this one or one that installs it.
        profiles: folder of profiles.yml; None: where dbt looks for it.
        variables: dbt vars of the run, over those of the project.
    """

    name: str | None
    project: Path
    profiles: Path | None = None
    variables: dict[str, Any] | None = None


class Warehouse:
    """An open warehouse: its marts and the settings they were made with."""

    def __init__(self, adapter: Any, manifest: Any) -> None:
        self._adapter = adapter
        self._manifest = manifest

    def has_model(self, mart: Mart) -> bool:
        """Whether the project builds a mart, by the setting `modules`."""
        return f"model.{PACKAGE}.{mart.model}" in self._manifest.nodes

    def read(self, mart: Mart) -> list[Row] | None:
        """Read what the report needs of a mart.

        Args:
            mart: the mart, its columns and rows.

        Returns:
            The rows with every wanted column, null where the table lacks an optional one;
            None where this version of the project or the warehouse has no such table.

        Raises:
            ReportError: the table lacks a column that the report cannot do without.
        """
        node = self._manifest.nodes.get(f"model.{PACKAGE}.{mart.model}")
        relation = node and self._adapter.get_relation(node.database, node.schema, node.alias)
        if relation is None:
            return None
        there = {column.name.lower() for column in self._adapter.get_columns_in_relation(relation)}
        missing = [column for column in mart.columns if column not in there]
        if missing:
            raise ReportError(
                f"{relation} has no column {', '.join(missing)}; build it with `dbt build` first."
            )
        columns = [*mart.columns, *(column for column in mart.optional if column in there)]
        conditions = [sql for column, sql in mart.conditions.items() if column in there]
        sql = f"select {', '.join(columns)} from {relation}"
        if conditions:
            sql += f" where {' and '.join(conditions)}"
        _, table = self._adapter.execute(sql, fetch=True)
        empty = dict.fromkeys(mart.optional)
        names = [name.lower() for name in table.column_names]
        return [empty | dict(zip(names, map(plain, row), strict=True)) for row in table.rows]

    def setting(self, name: str) -> Any:
        """The checked value of a setting, of the type that dbt_project.yml says."""
        return self._macro("setting", name=name)

    def metrics(self) -> list[dict[str, Any]]:
        """The setting `metrics`, with the defaults of every key."""
        return self._macro("metrics")

    def sources(self) -> list[str]:
        """The names of the Segment sources that are read as one."""
        return [source["name"] for source in self._macro("segment_sources")]

    def _macro(self, macro: str, **arguments: Any) -> Any:
        return self._adapter.execute_macro(
            macro, project=PACKAGE, macro_resolver=self._manifest, kwargs=arguments
        )


def invoked(target: Target, *arguments: str) -> dbtRunnerResult:
    """Run a command of dbt in the folder of the project, which the paths of a profile start from.

    Args:
        target: where the project and the warehouse are.
        arguments: of dbt, the command among them.

    Raises:
        ReportError: there is no project.
    """
    if not (target.project / "dbt_project.yml").exists():
        raise ReportError(
            f"There is no dbt_project.yml in {target.project.resolve()}; name it by --project-dir."
        )
    words = [*arguments, "--project-dir", str(target.project.resolve())]
    if target.name:
        words += ["--target", target.name]
    if target.profiles:
        words += ["--profiles-dir", str(target.profiles.resolve())]
    if target.variables:
        words += ["--vars", json.dumps(target.variables)]
    with contextlib.chdir(target.project):
        return dbtRunner().invoke(words)


@contextlib.contextmanager
def opened(target: Target) -> Iterator[Warehouse]:
    """Open the warehouse of a target.

    Args:
        target: where it is.

    Raises:
        ReportError: dbt cannot read the project or the profile, or has no package of ours; there is
            no such database, or it refuses.
    """
    parsed = invoked(target, "--quiet", "parse")
    if not parsed.success:
        raise ReportError(f"dbt cannot read the project: {parsed.exception}")
    manifest = parsed.result
    if f"model.{PACKAGE}.experiment_results" not in manifest.nodes:
        raise ReportError(f"The project in {target.project.resolve()} does not use {PACKAGE}.")
    # dbt leaves the adapter of its last command, with the project's macros, in its registry.
    adapter = next(iter(FACTORY.adapters.values()))
    with contextlib.chdir(target.project):
        refuse_missing_file(adapter.config.credentials)
        try:
            with adapter.connection_named("report"):
                yield Warehouse(adapter, manifest)
        except DbtBaseException as error:
            raise ReportError(f"The warehouse cannot be read: {error}") from error


def refuse_missing_file(credentials: Any) -> None:
    """Stop where there is no file of DuckDB, which would make an empty one.

    Args:
        credentials: of dbt's adapter.

    Raises:
        ReportError: there is no such file.
    """
    path = getattr(credentials, "path", None) if credentials.type == "duckdb" else None
    if path and "://" not in path and not path.startswith((":", "md:")) and not Path(path).exists():
        raise ReportError(
            f"There is no database {Path(path).resolve()}: build it with `dbt build` first, "
            "or name the target by --target."
        )


def plain(value: Any) -> Any:
    """A value of the adapter in Python's own types; None for what is no number.

    Args:
        value: of any warehouse; fractions come as Decimal.
    """
    if isinstance(value, Decimal):
        value = float(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
