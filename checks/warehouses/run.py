"""Runs the project on what stands for a warehouse here, and compares its tables with DuckDB's.

Fails on any node that fails and on any table that differs, unless exceptions.yml names it; and on
an exception that is needless.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import duckdb
import yaml

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.append(str(HERE.parent / "googlesql"))

from compare import (  # noqa: E402
    ABOUT_THE_INCREMENT,
    ABOUT_THE_RUN,
    compare_tables,
    dump_duckdb,
    keys_of_tables,
)
from graph import in_order, is_table, parents, read_manifest, relation  # noqa: E402
from raw_demo import DEMO_SCHEMA, halfway  # noqa: E402
from servers import (  # noqa: E402
    SNOWFLAKE_DATABASE,
    Target,
    bqemulator,
    duckdb_file,
    postgres,
    postgres_programs,
    snowflake,
)
from tables import ARRIVAL_COLUMN, as_utc, read_table  # noqa: E402

SHOWN = 3
TRIAL_SECONDS = 15  # for a model that is left out because it takes too long
SERVERS = {
    "bqemulator": bqemulator,
    "core-1-12": duckdb_file,
    "duckdb-1-4": duckdb_file,
    "duckdb-1-5": duckdb_file,
    "postgres": postgres,
    "snowflake": snowflake,
}
# Which environment has the warehouse's dbt adapter, where it is no .venv-<name>.
ENVIRONMENTS = {"bqemulator": ".venv"}
# What a user could set, too, and the tool cannot do without: the emulator does not know
# `create table (columns) as`, and the imitation of Snowflake neither a temporary view in a schema
# nor comments in a view's list of columns.
MODEL_CONFIG: dict[str, Any] = {
    "bqemulator": {"+contract": {"enforced": False}},
    "snowflake": {
        "+tmp_relation_type": "transient",
        "+persist_docs": {"relation": False, "columns": False},
    },
}
POSTGRES_TYPES = {"VARCHAR": "text", "DOUBLE": "double precision"}
# They come after every model that keeps something, and read none of them.
NOTES = {"int_processed_arrivals", "int_computed_experiments"}
LOADED = {"snowflake", "postgres"}  # whose demo data are not seeded by dbt
# The tables lie where those of DuckDB do, with which they are compared.
SCHEMAS = {"marts_schema": "", "staging_schema": "staging"}
# The demo data as sources; no model of the settings is one of them.
RAW_SETTINGS = {"demo_data": False, "segment_schema": DEMO_SCHEMA, "funnels": []}


def load_snowflake(database: Path, folder: Path) -> None:
    """Lays the demo data where the imitation of Snowflake finds them, as Segment names them there.

    Through dbt's seeds it would take minutes.
    """
    folder.mkdir(parents=True)
    with duckdb.connect(str(folder / f"{SNOWFLAKE_DATABASE}.db")) as connection:
        connection.execute(f"attach '{database}' as demo (read_only)")
        connection.execute(f'create schema "{DEMO_SCHEMA.upper()}"')
        columns = connection.execute(
            "select table_name, list(column_name order by ordinal_position) "
            "from information_schema.columns "
            "where table_catalog = 'demo' and table_schema = ? group by table_name",
            [DEMO_SCHEMA],
        ).fetchall()
        for table, names in columns:
            upper = ", ".join(f'"{name}" as "{name.upper()}"' for name in names)
            connection.execute(
                f'create table "{DEMO_SCHEMA.upper()}"."{table.upper()}" as '
                f'select {upper} from demo.{DEMO_SCHEMA}."{table}"'
            )


def load_postgres(database: Path, target: Target, folder: Path) -> None:
    """Copies the demo data into PostgreSQL; through dbt's seeds it would take minutes."""
    script = [f"create schema {DEMO_SCHEMA};"]
    with duckdb.connect(str(database), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        names = connection.execute(
            "select table_name from information_schema.tables where table_schema = ?", [DEMO_SCHEMA]
        ).fetchall()
        for (name,) in names:
            file = folder / f"{name}.csv"
            table = f'{DEMO_SCHEMA}."{name}"'
            connection.execute(f"copy {table} to '{file}' (header true)")
            columns = ", ".join(
                f'"{column}" {POSTGRES_TYPES.get(kind, kind)}'
                for column, kind, *_ in connection.execute(f"describe {table}").fetchall()
            )
            script.append(f"create table {table} ({columns});")
            script.append(f"\\copy {table} from '{file}' with (format csv, header true)")
    subprocess.run(
        [
            *("psql", "--quiet", "--no-psqlrc", "--set", "ON_ERROR_STOP=1"),
            *("--host", target["host"], "--port", str(target["port"])),
            *("--username", target["user"], target["dbname"]),
        ],
        input="\n".join(script),
        text=True,
        check=True,
    )


def interpreter(name: str, folder: Path) -> list[str]:
    """The command that runs a script where the adapter of a warehouse is."""
    programs = ROOT / ENVIRONMENTS.get(name, f".venv-{name}") / "bin"
    if name == "snowflake":
        return [str(programs / "fakesnow"), "--db_path", str(folder)]
    return [str(programs / "python")]


def write_project(folder: Path, package: Path, name: str, target: Target) -> None:
    """A dbt project that installs the package and reads the demo data."""
    settings = yaml.safe_load((HERE.parent / "settings.yml").read_text(encoding="utf-8"))
    project = {
        "name": "rehearsal",
        "profile": "rehearsal",
        "models": {"segment_experiments": MODEL_CONFIG.get(name, {})},
        "vars": {"segment_experiments": settings | SCHEMAS},
        "flags": {"send_anonymous_usage_stats": False},
    }
    profile = {"rehearsal": {"target": "local", "outputs": {"local": {"threads": 1, **target}}}}
    folder.mkdir(parents=True)
    for file, content in (
        ("dbt_project.yml", project),
        ("packages.yml", {"packages": [{"local": str(package)}]}),
        ("profiles.yml", profile),
    ):
        (folder / file).write_text(yaml.safe_dump(content), encoding="utf-8")


def newest_arrivals(database: Path) -> dict[str, str]:
    """What `dbt source freshness` has to find in the demo data."""
    with duckdb.connect(str(database), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        newest = {
            name: as_utc(
                connection.execute(
                    f'select max({ARRIVAL_COLUMN}) from {DEMO_SCHEMA}."{name}"'
                ).fetchone()[0]
            ).isoformat()
            for (name,) in connection.execute(
                "select table_name from information_schema.tables "
                "where table_schema = ? and table_name <> 'users'",
                [DEMO_SCHEMA],
            ).fetchall()
        }
    exposures = (newest["experiment_viewed"], newest["ab_test_assigned"])
    return {"exposure_events": max(exposures), "messages": max(newest.values())}


def compare(
    manifest: dict[str, Any], found: Path, expected: Path, left_out: dict[str, str]
) -> dict[str, list[str]]:
    """The differences of every table of a model that is not left out; none for those that agree."""
    keys = keys_of_tables(manifest)
    differences: dict[str, list[str]] = {}
    for node in in_order(manifest):
        name = node["name"]
        if not is_table(node) or name in {*ABOUT_THE_RUN, *ABOUT_THE_INCREMENT, *left_out}:
            continue
        theirs = expected / "{}.{}.json".format(*relation(node))
        ours = found / f"{node['schema'].lower()}.{name}.json"
        if not ours.exists():
            differences[name] = ["was not built"]
            continue
        other = read_table(theirs)
        names = [
            {column.lower() for column, _ in file.columns} for file in (read_table(ours), other)
        ]
        if names[0] != names[1]:
            differences[name] = [f"other columns: {sorted(names[0] ^ names[1])}"]
            continue
        try:
            table = read_table(ours, other.columns)
        except (ValueError, TypeError) as error:
            differences[name] = [f"other types: {error}"]
            continue
        differences[name] = compare_tables(table, other, keys.get(node["unique_id"]))
    return differences


def judge(found: dict[str, str], exceptions: dict[str, str]) -> list[str]:
    """What is wrong: failures that are no exceptions, and exceptions that do not fail."""
    problems = [f"{name}: {text}" for name, text in found.items() if name not in exceptions]
    return problems + [
        f"exceptions.yml: {name} passes, so its exception is needless"
        for name in sorted(exceptions.keys() - found.keys())
    ]


def names_of_parents(node: dict[str, Any]) -> set[str]:
    """The names of the nodes that a node reads."""
    return {parent.rsplit(".", 1)[-1] for parent in parents(node)}


def judge_left_out(manifest: dict[str, Any], left_out: dict[str, str]) -> list[str]:
    """What is wrong with the list of models left out: names of none, and readers not in it."""
    models = {
        node["name"]: names_of_parents(node)
        for node in in_order(manifest)
        if node["resource_type"] == "model"
    }
    problems = [
        f"exceptions.yml: there is no model {name}" for name in left_out if name not in models
    ]
    return problems + [
        f"exceptions.yml: {name} reads a model that is left out, and is not"
        for name, read in models.items()
        if name not in left_out and name not in NOTES and read & left_out.keys()
    ]


def needless(project: Path, manifest: dict[str, Any], left_out: dict[str, str]) -> list[str]:
    """The models left out, other than readers of such, that run in time after all."""
    heads = [
        node["name"]
        for node in in_order(manifest)
        if node["name"] in left_out and not names_of_parents(node) & left_out.keys()
    ]
    found = []
    for head in heads:
        command = [
            *(str(ROOT / ".venv" / "bin" / "dbt"), "--quiet", "run", "--select", head),
            *("--project-dir", str(project), "--profiles-dir", str(project)),
        ]
        with contextlib.suppress(subprocess.TimeoutExpired, subprocess.CalledProcessError):
            subprocess.run(command, check=True, capture_output=True, timeout=TRIAL_SECONDS)
            found.append(f"exceptions.yml: {head} runs, so it need not be left out")
    return found


def rehearse(name: str, package: Path, database: Path, work: Path) -> list[str]:
    """Runs all on one warehouse; returns the problems."""
    project = work / "project"
    listed = yaml.safe_load((HERE / "exceptions.yml").read_text(encoding="utf-8"))
    exceptions, left_out = ((listed[kind].get(name) or {}) for kind in ("failures", "left_out"))
    if name == "snowflake":
        load_snowflake(database.resolve(), work / "server")
    with SERVERS[name](work / "server") as target:
        if name == "postgres":
            load_postgres(database, target, work / "server")
        write_project(project, package, name, target)
        done = subprocess.run(
            [
                *(*interpreter(name, work / "server"), str(HERE / "rehearse.py")),
                *("--project-dir", str(project), "--out", str(work), "--moment", halfway(database)),
                *("--raw-vars", json.dumps(RAW_SETTINGS)),
                *(["--loaded"] if name in LOADED else []),
                *("--left-out", *left_out),
            ],
            check=False,
            env={**os.environ, "PYTHONWARNINGS": "ignore"},
        )
        if done.returncode:
            return ["the rehearsal broke off"]
        manifest = read_manifest(project / "target" / "manifest.json")
        problems = judge_left_out(manifest, left_out) + needless(project, manifest, left_out)
    results = json.loads((work / "results.json").read_text(encoding="utf-8"))
    failures: dict[str, str] = results["failures"]
    newest = newest_arrivals(database)
    if results["freshness"] != newest:
        failures["source freshness"] = f"found {results['freshness']}, DuckDB has {newest}"
    models = [relation(node) for node in in_order(manifest) if is_table(node)]
    dump_duckdb(database, models, work / "duckdb", ("analytics", "analytics"))
    differences = compare(manifest, work / "tables", work / "duckdb", left_out)
    for model, lines in differences.items():
        if lines and model not in results["skipped"]:
            shown = "\n    ".join(lines[:SHOWN])
            failures.setdefault(model, f"{len(lines)} differences\n    {shown}")
    equal = sum(not lines for lines in differences.values())
    print(
        f"{name}: {equal} tables equal, {len(differences) - equal} differ, {len(left_out)} left out"
    )
    return problems + judge(failures, exceptions)


def main() -> int:
    """Runs the check from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("warehouse", choices=sorted(SERVERS))
    parser.add_argument("--package-dir", type=Path, default=ROOT, help="the package and its demo")
    parser.add_argument("--duckdb", type=Path, required=True, help="file with that demo, built")
    options = parser.parse_args()
    start = time.monotonic()
    if options.warehouse == "postgres" and postgres_programs() is None:
        print("postgres: skipped, because PostgreSQL is not installed")
        return 1 if os.environ.get("CI") == "true" else 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the servers are stopped
    work = ROOT / "target" / "warehouses" / options.warehouse
    shutil.rmtree(work, ignore_errors=True)
    problems = rehearse(options.warehouse, options.package_dir.resolve(), options.duckdb, work)
    for problem in problems:
        print(f"FAIL {problem}")
    seconds = time.monotonic() - start
    print(f"{options.warehouse}: {len(problems)} problems, {seconds:.1f} s")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
