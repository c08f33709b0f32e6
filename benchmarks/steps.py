"""The steps of the benchmark for one size, each in a process of its own."""

import shutil
import statistics
import time
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from benchmarks import queries, scenario
from benchmarks.compare import differences
from benchmarks.data import RawData
from benchmarks.measure import Measured, run_function
from benchmarks.warehouse import DbtRun, Warehouse

STEPS = ("a", "b", "c", "d", "e", "f")

CHECKED_UP_TO = 10
"""Largest size, in million exposures, whose incremental marts are compared with a full refresh."""

REPEATS = 3
"""How often the cheap queries (a) and (f) are timed; the median counts."""

READS = 101
"""How many results are read for (e); the median counts."""

ASSIGNMENTS = "experiment_assignments"


@dataclass
class SizeResult:
    """What was measured at one size. Times are in seconds, memory and disk in bytes.

    Attributes:
        millions: Size in million exposures.
        exposures: Rows of exposures.
        events: Rows of events.
        rows: Rows of all raw tables.
        day_rows: New rows of the incremental day.
        small_rows: New rows of the incremental run that is the same for every size.
        raw_bytes: Size of the raw database.
        warehouse_bytes: Size of the database that dbt builds, without the raw tables.
        seconds: Time per measurement; see `benchmarks.report.ROWS`.
        memory: Peak resident memory per measurement.
        models: Seconds per model of the full refresh and of the incremental day.
        differences: Marts in which the incremental runs and the full refresh differ; None when
            that was not looked at.
    """

    millions: int
    exposures: int
    events: int
    rows: int
    day_rows: int
    small_rows: int
    raw_bytes: int
    warehouse_bytes: int | None = None
    seconds: dict[str, float] = field(default_factory=dict)
    memory: dict[str, int] = field(default_factory=dict)
    models: dict[str, dict[str, float]] = field(default_factory=dict)
    differences: list[str] | None = None

    def add(self, name: str, measured: Measured | DbtRun) -> None:
        """Keep the time and the memory of a measurement.

        Args:
            name: Name of the measurement.
            measured: What it took.
        """
        self.seconds[name] = measured.seconds
        self.memory[name] = measured.memory
        if isinstance(measured, DbtRun):
            self.seconds[f"{name}_models"] = sum(measured.models.values())
            self.models[name] = measured.models

    def content(self) -> dict[str, Any]:
        """Make JSON of it.

        Returns:
            The attributes by name.
        """
        return asdict(self)


def run_size(
    raw: RawData,
    millions: int,
    folder: Path,
    memory_limit: str,
    only: Collection[str] = STEPS,
    say: Callable[[str], None] = lambda text: None,
) -> SizeResult:
    """Measure one size.

    Args:
        raw: Its raw data.
        millions: Size in million exposures.
        folder: Gets the databases that are built; removed at the end.
        memory_limit: DuckDB's limit in every step, for example `12GB`.
        only: Steps to run; `c` is compared with a full refresh only when `b` is run, too, and `e`
            needs `b`.
        say: Called with one line per measurement.

    Returns:
        What was measured.

    Raises:
        BenchmarkError: If a step fails.
    """
    cuts = raw.cuts
    folder.mkdir(parents=True, exist_ok=True)
    result = SizeResult(
        millions=millions,
        exposures=cuts.exposures,
        events=cuts.events,
        rows=cuts.all_rows,
        day_rows=cuts.day_rows,
        small_rows=cuts.small_rows,
        raw_bytes=raw.path.stat().st_size,
    )

    def keep(name: str, measured: Measured | DbtRun) -> None:
        result.add(name, measured)
        say(f"{name:22} {measured.seconds:10.3f} s  {measured.memory / 1e9:6.2f} GB")

    days = _incremental_days(raw, folder / "days", memory_limit, keep) if "c" in only else None
    raw.arrive(None)
    if "b" in only:
        full = Warehouse(folder / "full", raw, memory_limit)
        result.seconds["start"] = full.start()
        keep("full_refresh", full.run("--full-refresh"))
        result.warehouse_bytes = full.size()
        chain = full.ancestors(ASSIGNMENTS)
        result.seconds["assignments_in_full"] = sum(
            seconds for name, seconds in result.models["full_refresh"].items() if name in chain
        )
        if "e" in only:
            keep("read", run_function(time_reads, full.path))
        if days and millions <= CHECKED_UP_TO:
            say("comparing the incremental runs with the full refresh ...")
            result.differences = run_function(differences, days.path, full.path, raw.path).value
            for difference in result.differences:
                say(f"DIFFERENT {difference}")
        if days:
            days.remove()
        keep("assignments", full.run("--full-refresh", "--select", f"+{ASSIGNMENTS}"))
        full.remove()
    elif days:
        days.remove()
    scratch = folder / "scratch.duckdb"
    if "a" in only:
        keep("scan", run_function(time_statement, raw.path, None, queries.scan(), memory_limit))
    if "f" in only:
        statement = queries.minimum("scratch.main.first_exposures")
        keep("minimum", run_function(time_statement, raw.path, scratch, statement, memory_limit))
    if "d" in only:
        keep("usual", run_function(time_usual, raw.path, memory_limit))
    shutil.rmtree(folder)
    return result


def time_statement(raw: Path, scratch: Path | None, statement: str, memory_limit: str) -> Measured:
    """Time a statement on the raw tables, `REPEATS` times.

    Args:
        raw: Database of the raw tables, `raw` in the statement.
        scratch: Database to write, `scratch` in the statement, or None; removed afterwards.
        statement: The statement.
        memory_limit: DuckDB's limit.

    Returns:
        The median time.
    """
    seconds = []
    for _ in range(REPEATS):
        with _connect(raw, memory_limit) as connection:
            if scratch:
                scratch.unlink(missing_ok=True)
                connection.execute(f"attach '{scratch}' as scratch")
            start = time.perf_counter()
            connection.execute(statement).fetchall()
            if scratch:
                connection.execute("checkpoint scratch")
            seconds.append(time.perf_counter() - start)
    if scratch:
        scratch.unlink()
    return Measured(statistics.median(seconds), 0)


def time_usual(raw: Path, memory_limit: str) -> Measured:
    """Time the usual way: a query per experiment and metric.

    Args:
        raw: Database of the raw tables.
        memory_limit: DuckDB's limit.

    Returns:
        The time of all queries together; the value is the number of queries.
    """
    with _connect(raw, memory_limit) as connection:
        as_of = newest_arrival(connection)
        statements = [
            queries.usual_query(experiment, metric, as_of)
            for experiment in scenario.experiments()
            for metric in scenario.metrics()
        ]
        start = time.perf_counter()
        for statement in statements:
            connection.execute(statement).fetchall()
        return Measured(time.perf_counter() - start, 0, len(statements))


def time_reads(warehouse: Path) -> Measured:
    """Time the reading of results from the mart, after one to warm up.

    Args:
        warehouse: Database that dbt has built.

    Returns:
        The median time of a read.

    Raises:
        ValueError: If a result is not there.
    """
    names = [
        (experiment.id, metric["name"])
        for experiment in scenario.experiments()
        for metric in scenario.metrics()
    ]
    seconds = []
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        for number in range(READS + 1):
            name = names[number % len(names)]
            start = time.perf_counter()
            rows = connection.execute(queries.result(*name)).fetchall()
            seconds.append(time.perf_counter() - start)
            if not rows:
                raise ValueError(f"experiment_results has no row of {name}")
    return Measured(statistics.median(seconds[1:]), 0)


def newest_arrival(connection: duckdb.DuckDBPyConnection) -> datetime:
    """Look up when the newest message arrived.

    Args:
        connection: With the raw tables attached as `raw`.

    Returns:
        UTC.
    """
    arrivals = " union all ".join(
        f"select max(received_at) as received_at from {queries.RAW}.{name}"
        for name in scenario.TABLES
    )
    [[newest]] = connection.execute(f"select max(received_at) from ({arrivals})").fetchall()
    return newest


def _incremental_days(
    raw: RawData, folder: Path, memory_limit: str, keep: Callable[[str, DbtRun], None]
) -> Warehouse:
    """Build the history, then let the small day and the day arrive, with a run after each."""
    raw.arrive(raw.cuts.small)
    days = Warehouse(folder, raw, memory_limit)
    keep("history", days.run("--full-refresh"))
    raw.arrive(raw.cuts.day)
    keep("small_day", days.run())
    raw.arrive(None)
    keep("day", days.run())
    return days


def _connect(raw: Path, memory_limit: str) -> duckdb.DuckDBPyConnection:
    """Connect to the raw tables as `raw`, to read."""
    connection = duckdb.connect()
    connection.execute(f"set memory_limit = '{memory_limit}'")
    connection.execute("set TimeZone = 'UTC'")
    connection.execute("set enable_progress_bar = false")
    connection.execute(f"set temp_directory = '{raw.parent / 'spilled'}'")
    connection.execute(f"attach '{raw}' as raw (read_only)")
    return connection
