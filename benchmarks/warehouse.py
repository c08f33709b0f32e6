"""dbt on a DuckDB file, with the raw tables in a database that is attached to read."""

import csv
import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from benchmarks import scenario
from benchmarks.data import RawData
from benchmarks.measure import Measured, run_command

PROJECT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class DbtRun:
    """What one call of dbt took.

    Attributes:
        seconds: Wall time of the process.
        memory: Its peak resident memory, bytes.
        models: Seconds per model, as dbt measures them.
    """

    seconds: float
    memory: int
    models: dict[str, float]


class Warehouse:
    """A database built by dbt, in a folder of its own.

    Attributes:
        folder: The folder.
        path: The database.
        raw: The raw tables.
    """

    def __init__(self, folder: Path, raw: RawData, memory_limit: str):
        """Begin with an empty database and the registry of the benchmark in it.

        Args:
            folder: Removed and made again.
            raw: The raw tables.
            memory_limit: DuckDB's limit, for example `12GB`.

        Raises:
            BenchmarkError: If dbt fails.
        """
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self.folder, self.path, self.raw = folder, folder / "warehouse.duckdb", raw
        profile = {
            "type": "duckdb",
            "path": str(self.path),
            "schema": "analytics",
            # One model at a time: DuckDB uses all cores for it, and two would share the memory.
            "threads": 1,
            "attach": [{"path": str(raw.path), "alias": "raw", "read_only": True}],
            # What does not fit is written beside the database. (dbt-duckdb repeats the settings on
            # every connection, and DuckDB refuses another temp_directory once it is in use.)
            "settings": {
                "TimeZone": "UTC",
                "memory_limit": memory_limit,
                "preserve_insertion_order": False,
            },
        }
        # JSON is YAML, too.
        profiles = {"segment_experiments": {"target": "duckdb", "outputs": {"duckdb": profile}}}
        (folder / "profiles.yml").write_text(json.dumps(profiles))
        self._dbt("seed", "--full-refresh")
        self._register_experiments()

    def run(self, *arguments: str) -> DbtRun:
        """Run models.

        Args:
            *arguments: Arguments of `dbt run`.

        Returns:
            What it took.

        Raises:
            BenchmarkError: If dbt fails; the message is what it printed.
        """
        results = self.folder / "target" / "run_results.json"
        results.unlink(missing_ok=True)
        measured = self._dbt("run", *arguments)
        content = json.loads(results.read_text()) if results.exists() else {"results": []}
        models = {item["unique_id"]: item["execution_time"] for item in content["results"]}
        return DbtRun(measured.seconds, measured.memory, models)

    def start(self) -> float:
        """Measure the start of dbt alone: a run that selects no model.

        Returns:
            Wall time in seconds.
        """
        return self.run("--select", "fqn:no_such_model").seconds

    def size(self) -> int:
        """Measure the database file.

        Returns:
            Bytes.
        """
        return self.path.stat().st_size

    def remove(self) -> None:
        """Remove the database and all that belongs to it."""
        shutil.rmtree(self.folder)

    def ancestors(self, name: str) -> set[str]:
        """List the models that a model is built from.

        Args:
            name: Name of the model.

        Returns:
            Unique ids, that of the model itself included.
        """
        return ancestors(self._manifest()["parent_map"], f"model.segment_experiments.{name}")

    def _dbt(self, command: str, *arguments: str) -> Measured:
        """Call dbt."""
        return run_command(
            [
                *(sys.executable, "-m", "dbt.cli.main", "--no-use-colors", command, *arguments),
                *("--vars", json.dumps(scenario.dbt_settings("raw"))),
                *("--project-dir", str(PROJECT), "--profiles-dir", str(self.folder)),
                *("--target-path", str(self.folder / "target")),
                *("--log-path", str(self.folder / "logs")),
            ],
            self.folder / "logs" / "printed.log",
            PROJECT,
            {"DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "DBT_TARGET": "duckdb"},
        )

    def _manifest(self) -> dict[str, Any]:
        """Read what dbt knows of the project."""
        return json.loads((self.folder / "target" / "manifest.json").read_text())

    def _register_experiments(self) -> None:
        """Put the experiments of the benchmark in place of the demo's."""
        nodes = self._manifest()["nodes"]
        with duckdb.connect(str(self.path)) as connection:
            for name in ("experiments", "experiment_variants"):
                relation = nodes[f"seed.segment_experiments.{name}"]["relation_name"]
                with (self.raw.folder / f"{name}.csv").open(newline="", encoding="utf-8") as file:
                    header, *lines = csv.reader(file)
                rows = [[cell or None for cell in line] for line in lines]
                connection.execute(f"delete from {relation}")
                connection.executemany(
                    f"insert into {relation} ({', '.join(header)}) "
                    f"values ({', '.join('?' for _ in header)})",
                    rows,
                )


def ancestors(parents: dict[str, list[str]], node: str) -> set[str]:
    """Collect the models from which a model is built.

    Args:
        parents: Unique id to the unique ids of its parents, as in dbt's manifest.
        node: Unique id to begin with.

    Returns:
        Unique ids of models, the first one included.
    """
    found, waiting = set(), [node]
    while waiting:
        name = waiting.pop()
        if name not in found and name.startswith("model."):
            found.add(name)
            waiting += parents.get(name, [])
    return found
