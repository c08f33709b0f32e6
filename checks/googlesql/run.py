"""Proves the project's SQL on BigQuery's dialect, without an account and without network.

1. Compiles the project with the real dbt-bigquery adapter (`compile_project.py`).
2. Type-checks every node with Google's analyzer (`typecheck.py`): first as a first run, then with
   all tables standing, so that incremental models are checked as merges.
3. With `--execute`: runs all models on Google's reference engine over the raw tables of a DuckDB
   file, and compares each table with the one that dbt built in that file. Then once more in two
   runs, on the first half of the data to arrive and then on all of it.

Steps 2 and 3 need another protobuf than dbt, hence an environment of their own; its interpreter is
`.venv-googlesql/bin/python` or what the variable GOOGLESQL_PYTHON names.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import yaml
from compile_project import DATASET, CompileError, Compiler
from graph import read_manifest
from tables import ARRIVAL_COLUMN, Catalog, read_catalog, write_catalog

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
DEFAULT_VARIABLES = {"demo_data": True}
MAX_PASSES = 6


class StepError(Exception):
    """A step failed and has said why."""


def googlesql_python() -> str:
    """The interpreter of the environment with Google's analyzer.

    Raises:
        StepError: there is none.
    """
    path = os.environ.get("GOOGLESQL_PYTHON") or str(ROOT / ".venv-googlesql" / "bin" / "python")
    if shutil.which(path) is None:
        raise StepError(
            f"{path} is missing: make that environment from requirements-googlesql.lock, or set "
            "GOOGLESQL_PYTHON"
        )
    return path


def step(python: str, script: str, *arguments: str | Path) -> None:
    """Runs a script of this folder.

    Raises:
        StepError: it failed.
    """
    command = [python, str(HERE / script), *map(str, arguments)]
    if subprocess.run(command, check=False).returncode:
        raise StepError(f"{script} failed")


class Proof:
    """The steps over one project and their files."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.project_dir = options.project_dir.resolve()
        self.work = (options.work_dir or self.project_dir / "target" / "googlesql").resolve()
        shutil.rmtree(self.work, ignore_errors=True)
        self.python = googlesql_python()
        variables = DEFAULT_VARIABLES | (yaml.safe_load(options.vars) or {})
        self.compiler = Compiler(self.project_dir, self.work / "dbt", variables)
        self.catalog: Catalog = {}
        self.schemas: Catalog = {}

    def file(self, name: str) -> Path:
        """A file of the work folder."""
        return self.work / name

    def compile(self, name: str, full_refresh: bool = True) -> set[tuple[str, str]]:
        """Compiles into a manifest of that name; returns the tables that the project asked for."""
        start = time.monotonic()
        asked = self.compiler.compile(
            self.catalog | self.schemas, self.file(name), full_refresh=full_refresh
        )
        nodes = read_manifest(self.file(name))["nodes"].values()
        compiled = sum(bool(node.get("compiled_code")) for node in nodes)
        print(f"compile: {compiled} nodes, {time.monotonic() - start:.1f} s", flush=True)
        return asked

    def typecheck(self, manifest: str, *arguments: str | Path) -> tuple[bool, str]:
        """Type-checks a manifest of the work folder; returns whether it passed and the report."""
        command = [
            *(self.python, HERE / "typecheck.py"),
            *("--manifest", self.file(manifest), "--catalog", self.file("catalog.json")),
            *("--exceptions", self.options.exceptions),
            *arguments,
        ]
        done = subprocess.run([*map(str, command)], check=False, capture_output=True, text=True)
        return done.returncode == 0, done.stdout + done.stderr

    def check(self) -> None:
        """Compiles and type-checks, as a first run and as a later one."""
        self.catalog = self.compiler.seed_catalog()
        if self.options.catalog:
            self.catalog |= read_catalog(self.options.catalog)
        write_catalog(self.catalog, self.file("catalog.json"))
        for _ in range(MAX_PASSES):
            # A model may look at the columns of a model that dbt builds before it. Those are known
            # only once they are checked, so such a project takes another pass.
            asked = self.compile("manifest.json")
            schemas = self.file("schemas.json")
            passed, report = self.typecheck("manifest.json", "--schemas-out", schemas)
            if not schemas.exists() or self.settled(asked):
                break
        else:
            raise StepError(f"the models' columns still change after {MAX_PASSES} passes")
        print(report, end="", flush=True)
        if not passed:
            raise StepError("the type check failed")
        if self.has_incremental_models():
            self.compile("incremental.json", full_refresh=False)
            passed, report = self.typecheck("incremental.json", "--existing", schemas)
            print(report.replace("typecheck:", "typecheck (later run):"), end="", flush=True)
            if not passed:
                raise StepError("the type check of a later run failed")

    def settled(self, asked: set[tuple[str, str]]) -> bool:
        """Whether the columns that the project asked about are as they were when it compiled."""
        known, self.schemas = self.schemas, read_catalog(self.file("schemas.json"))
        return all(known.get(key) == self.schemas.get(key) for key in asked - set(self.catalog))

    def has_incremental_models(self) -> bool:
        """Whether any model is incremental."""
        nodes = read_manifest(self.file("manifest.json"))["nodes"].values()
        return any(node["config"].get("materialized") == "incremental" for node in nodes)

    def execute(self) -> None:
        """Runs the models on the reference engine and compares them with DuckDB's."""
        if not self.options.duckdb.exists():
            raise StepError(f"{self.options.duckdb} is missing: build the project on DuckDB first")
        manifest, raw = self.file("manifest.json"), self.file("raw")
        database = (
            *("--manifest", manifest, "--duckdb", self.options.duckdb.resolve()),
            *("--dataset", DATASET, "--duckdb-schema", self.options.duckdb_schema),
        )
        catalog = ("--catalog", self.file("catalog.json"))
        step(sys.executable, "compare.py", *database, *catalog, "--raw-out", raw)
        runs: list[tuple[str, list[Any]]] = [("once", [])]
        columns = {name.lower() for kinds in self.catalog.values() for name, _ in kinds}
        if self.has_incremental_models() and ARRIVAL_COLUMN not in columns:
            print(f"execute (two runs): skipped, no raw table has the column {ARRIVAL_COLUMN}")
        elif self.has_incremental_models():
            runs.append(("twice", ["--incremental-manifest", self.file("incremental.json")]))
        failed = []
        for name, more in runs:
            engine = self.file(f"googlesql_{name}")
            tables = ("--engine", engine, "--duckdb-out", self.file("duckdb"))
            files = ("--manifest", manifest, *catalog, "--raw", raw, "--out", engine)
            for python, script, arguments in (
                (self.python, "execute.py", (*files, *more)),
                (sys.executable, "compare.py", (*database, *tables)),
            ):
                try:
                    step(python, script, *arguments)
                except StepError as error:
                    failed.append(f"{error} ({name})")
        if failed:
            raise StepError("; ".join(failed))


def main() -> int:
    """Runs the proof from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--project-dir", type=Path, default=ROOT)
    parser.add_argument("--vars", default="{}", help="dbt vars as YAML; demo_data is true")
    parser.add_argument("--catalog", type=Path, help="more raw tables, as a catalog file")
    parser.add_argument("--exceptions", type=Path, default=HERE / "exceptions.yml")
    parser.add_argument("--work-dir", type=Path, help="default: target/googlesql of the project")
    parser.add_argument("--execute", action="store_true", help="run the models and compare them")
    parser.add_argument(
        "--duckdb",
        type=Path,
        default=Path(os.environ.get("DUCKDB_PATH", "warehouse.duckdb")),
        help="DuckDB file in which dbt has built the project with the same vars",
    )
    parser.add_argument("--duckdb-schema", default=os.environ.get("DBT_SCHEMA", "analytics"))
    options = parser.parse_args()
    try:
        proof = Proof(options)
        proof.check()
        if options.execute:
            proof.execute()
    except (StepError, CompileError) as error:
        print(f"googlesql: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
