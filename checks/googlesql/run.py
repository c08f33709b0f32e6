"""Proves the project's SQL on BigQuery's dialect, without an account and without network.

1. Compiles the project as for a first run with the real dbt-bigquery adapter
   (`compile_project.py`), and type-checks every model, test and analysis with Google's analyzer
   (`typecheck.py`).
2. Runs the project with the real dbt (`execute.py`) over a warehouse made of Google's analyzer and
   reference engine (`warehouse.py`): a first run, a run when more rows have arrived, and one with
   nothing new. Each statement is type-checked as dbt sends it.
3. With `--execute`: step 2 is done on the raw tables of a DuckDB file, where the second run brings
   the last tenth of the rows to arrive, and then the data tests are made. Each table is compared
   with the one that dbt built in that file.

With `--only-types` there is step 1 only, for a quick answer.

Google's analyzer and engine need another protobuf than dbt, hence an environment of their own; its
interpreter is `.venv-googlesql/bin/python` or what the variable GOOGLESQL_PYTHON names.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

import yaml
from client import Server, ServerError
from compare import (
    ABOUT_THE_INCREMENT,
    ABOUT_THE_RUN,
    compare_folders,
    dump_duckdb,
    report,
)
from compile_project import DATASET, Compiler, DbtError
from execute import (
    TOO_LARGE,
    Execution,
    RunError,
    arrival_place,
    write_blank_rows,
    write_first_rows,
)
from graph import in_order, is_table, read_manifest, relation
from tables import ARRIVAL_COLUMN, Catalog, read_catalog, write_catalog

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SETTINGS = HERE.parent / "settings.yml"


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


class Proof:
    """The steps over one project and their files."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.project_dir = options.project_dir.resolve()
        self.work = (options.work_dir or self.project_dir / "target" / "googlesql").resolve()
        shutil.rmtree(self.work, ignore_errors=True)
        self.python = googlesql_python()
        settings = yaml.safe_load(SETTINGS.read_text(encoding="utf-8"))
        variables = settings | (yaml.safe_load(options.vars) or {})
        self.compiler = Compiler(self.project_dir, self.work / "dbt", variables)
        self.catalog: Catalog = {}

    def file(self, name: str) -> Path:
        """A file of the work folder."""
        return self.work / name

    def check(self) -> None:
        """Compiles the project as for a first run, and type-checks every node."""
        self.catalog = self.compiler.seed_catalog()
        if self.options.catalog:
            self.catalog |= read_catalog(self.options.catalog)
        write_catalog(self.catalog, self.file("catalog.json"))
        self.compiler.compile(self.catalog, self.file("manifest.json"))
        command = [
            *(self.python, HERE / "typecheck.py"),
            *("--manifest", self.file("manifest.json")),
            *("--catalog", self.file("catalog.json")),
            *("--exceptions", self.options.exceptions),
        ]
        if subprocess.run([*map(str, command)], check=False).returncode:
            raise StepError("the type check failed")

    def has_increments(self) -> bool:
        """Whether any raw table tells when its rows arrived."""
        told = any(arrival_place(columns) is not None for columns in self.catalog.values())
        if not told:
            print(f"no raw table has the column {ARRIVAL_COLUMN}: no increment is run")
        return told

    def run_blank(self) -> None:
        """Runs the project on rows of nulls: first on one in each raw table, then on two."""
        if not self.has_increments():
            return
        for count in (1, 2):
            write_blank_rows(self.catalog, count, self.file(f"raw_{count}"))
        with Server(self.python) as server:
            execution = Execution(self.compiler, server, self.catalog)
            execution.increment(self.file("raw_1"), self.file("raw_2"), self.file("blank"))

    def execute(self) -> None:
        """Runs the project on the raw tables of the DuckDB file, and compares the tables."""
        if not self.options.duckdb.exists():
            raise StepError(f"{self.options.duckdb} is missing: build the project on DuckDB first")
        manifest = read_manifest(self.file("manifest.json"))
        raw, duckdb = self.file("raw"), self.file("duckdb")
        models = [relation(node) for node in in_order(manifest) if is_table(node)]
        for tables, folder in ((list(self.catalog), raw), (models, duckdb)):
            targets = (DATASET, self.options.duckdb_schema)
            missing = dump_duckdb(self.options.duckdb.resolve(), tables, folder, targets)
            if missing:
                raise StepError(f"{self.options.duckdb} has no {', '.join(missing)}: build it")
        with Server(self.python) as server:
            execution = Execution(self.compiler, server, self.catalog, TOO_LARGE)
            out, left_out = self.file("googlesql_tables"), {*ABOUT_THE_RUN, *TOO_LARGE}
            if self.has_increments():
                early = self.file("raw_early")
                write_first_rows(self.catalog, raw, early)
                execution.increment(early, raw, out)
                left_out |= ABOUT_THE_INCREMENT.keys()
            else:
                execution.once(raw, out)
            execution.test()
        if not report(compare_folders(manifest, out, duckdb, left_out), "run"):
            raise StepError("the two warehouses differ")


def main() -> int:
    """Runs the proof from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--project-dir", type=Path, default=ROOT)
    parser.add_argument("--vars", default="{}", help="dbt vars as YAML, over settings.yml")
    parser.add_argument("--catalog", type=Path, help="more raw tables, as a catalog file")
    parser.add_argument("--exceptions", type=Path, default=HERE / "exceptions.yml")
    parser.add_argument("--work-dir", type=Path, help="default: target/googlesql of the project")
    depth = parser.add_mutually_exclusive_group()
    depth.add_argument("--only-types", action="store_true", help="type-check, and run nothing")
    depth.add_argument("--execute", action="store_true", help="run the models and compare them")
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
        elif not options.only_types:
            proof.run_blank()
    except (StepError, DbtError, RunError, ServerError) as error:
        print(f"googlesql: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
