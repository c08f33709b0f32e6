"""Runs the project with dbt 2 (the Fusion engine) on DuckDB; its tables have to be those of Core.

Half of the small demo arrives, dbt runs; the rest arrives, a part of the models is run, and then
dbt builds, with all data and unit tests; at last nothing arrives. Core has built them in one run.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
import time
from pathlib import Path

import duckdb

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.append(str(HERE.parent / "googlesql"))

from compare import (  # noqa: E402
    ABOUT_THE_INCREMENT,
    ABOUT_THE_RUN,
    compare_folders,
    dump_duckdb,
    report,
)
from graph import in_order, is_table, read_manifest, relation  # noqa: E402
from raw_demo import DEMO_SCHEMA, halfway, raw_tables  # noqa: E402
from tables import ARRIVAL_COLUMN  # noqa: E402

DBT = ROOT / ".venv-fusion" / "bin" / "dbt"
LIBRARY = HERE / "node_modules" / "@duckdb" / "node-bindings-linux-x64" / "libduckdb.so"
# How the ADBC driver manager of dbt finds DuckDB.
DRIVER = """\
manifest_version = 1
name = 'DuckDB'
version = '1.5.6'

[Driver]
entrypoint = 'duckdb_adbc_init'

[Driver.shared]
linux_amd64 = '{library}'
"""
TOLERANCE = 1e-12  # a share of a number
EVERYTHING = "this run computes everything"
UNCHANGED = "nothing arrived and nothing changed since the last run"


class FusionError(Exception):
    """dbt failed, or did something else than it should."""


class Fusion:
    """dbt 2 on a copy of a project.

    Args:
        project: The project, with its demo.
        work: A folder for the copy, the database and what dbt writes.
    """

    def __init__(self, project: Path, work: Path) -> None:
        self.project = work / "project"
        self.database = work / "fusion.duckdb"
        shutil.copytree(project, self.project, ignore=shutil.ignore_patterns("target", "logs"))
        drivers = work / "drivers"
        drivers.mkdir()
        (drivers / "duckdb.toml").write_text(DRIVER.format(library=LIBRARY), encoding="utf-8")
        self.environment = {
            **os.environ,
            "ADBC_DRIVER_PATH": str(drivers),
            "DUCKDB_PATH": str(self.database),
            "DBT_TARGET": "duckdb",
        }

    def dbt(self, *arguments: str) -> str:
        """Runs dbt; returns what it printed.

        Raises:
            FusionError: it failed.
        """
        start = time.monotonic()
        done = subprocess.run(
            [
                *(str(DBT), *arguments),
                *("--project-dir", str(self.project), "--profiles-dir", str(ROOT)),
                *("--vars", (HERE.parent / "settings.yml").read_text(encoding="utf-8")),
            ],
            check=False,
            capture_output=True,
            text=True,
            env=self.environment,
        )
        if done.returncode:
            raise FusionError(f"dbt {' '.join(arguments)}:\n{done.stdout[-6000:]}{done.stderr}")
        summary = done.stdout.strip().splitlines()[-1]
        print(f"dbt {' '.join(arguments)}: {summary}, {time.monotonic() - start:.1f} s", flush=True)
        return done.stdout

    def hold_back(self) -> None:
        """Puts the half of the rows aside that arrives last."""
        late = f"where {ARRIVAL_COLUMN} >= timestamp '{halfway(self.database)}'"
        with duckdb.connect(str(self.database)) as connection:
            connection.execute("create schema aside")
            for table in raw_tables(connection):
                aside = table.replace(DEMO_SCHEMA, "aside")
                connection.execute(f"create table {aside} as select * from {table} {late}")
                connection.execute(f"delete from {table} {late}")

    def deliver(self) -> None:
        """Adds the rows that were put aside."""
        with duckdb.connect(str(self.database)) as connection:
            for table in raw_tables(connection):
                aside = table.replace(DEMO_SCHEMA, "aside")
                connection.execute(f"insert into {table} select * from {aside}")
            connection.execute("drop schema aside cascade")


def expect(printed: str, sentence: str, is_said: bool) -> None:
    """Checks whether a run said something.

    Raises:
        FusionError: it did, and should not have, or the other way round.
    """
    if (sentence in printed) != is_said:
        wanted = "did not say" if is_said else "said"
        raise FusionError(f'dbt {wanted} "{sentence}":\n{printed[-3000:]}')


def live(fusion: Fusion) -> None:
    """Runs dbt on first rows, on more, and on no more rows.

    Raises:
        FusionError: a node failed, or a run did something else than it should.
    """
    fusion.dbt("seed")
    fusion.hold_back()
    expect(fusion.dbt("run"), EVERYTHING, is_said=True)
    fusion.deliver()
    fusion.dbt("run", "--select", "+int_experiments_to_compute")
    built = ("--resource-type", "model", "--resource-type", "test", "--resource-type", "unit_test")
    expect(fusion.dbt("build", *built), EVERYTHING, is_said=False)
    expect(fusion.dbt("run"), UNCHANGED, is_said=True)


def main() -> int:
    """Runs the check from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--project-dir", type=Path, required=True, help="the project and its demo")
    parser.add_argument("--duckdb", type=Path, required=True, help="file with it, built by Core")
    options = parser.parse_args()
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        print(
            "fusion: skipped, because dbt 2 and DuckDB's library are here for Linux on x86-64 only"
        )
        return 0
    if not LIBRARY.exists():
        print("fusion: skipped, because DuckDB's library is installed by npm, which is not there")
        return 1 if os.environ.get("CI") == "true" else 0
    work = ROOT / "target" / "fusion"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    fusion = Fusion(options.project_dir.resolve(), work)
    try:
        live(fusion)
    except FusionError as error:
        print(f"FAIL {error}")
        return 1
    manifest = read_manifest(options.project_dir / "target" / "manifest.json")
    models = [relation(node) for node in in_order(manifest) if is_table(node)]
    for name, database in (("fusion", fusion.database), ("core", options.duckdb)):
        dump_duckdb(database, models, work / name, ("analytics", "analytics"))
    left_out = {*ABOUT_THE_RUN, *ABOUT_THE_INCREMENT}
    found = compare_folders(manifest, work / "fusion", work / "core", left_out, TOLERANCE)
    return 0 if report(found, "dbt 2 and dbt Core") else 1


if __name__ == "__main__":
    sys.exit(main())
