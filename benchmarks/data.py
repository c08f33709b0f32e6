"""The raw data of one size: made once, kept between runs, and cut by arrival for the new day."""

import json
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from benchmarks import scenario
from demo.generate import generate
from demo.registry import write_registry
from demo.writers import DuckdbWriter

SORTED_AT_A_TIME = 6_000_000
"""Rows of a table that are sorted in one statement: bounds the memory."""


@dataclass(frozen=True)
class Cuts:
    """Load times (`uuid_ts`, UTC) at which the data are cut, and the rows from there on.

    Attributes:
        small: The small day begins; it ends where the day begins.
        day: The day begins; it ends with the data.
        small_rows: Rows of the small day, all tables.
        day_rows: Rows of the day.
        rows: Rows in all, by table.
    """

    small: datetime
    day: datetime
    small_rows: int
    day_rows: int
    rows: dict[str, int]

    @property
    def exposures(self) -> int:
        """Rows of the exposure tables."""
        return sum(self.rows[name] for name in scenario.EXPOSURE_TABLES)

    @property
    def events(self) -> int:
        """Rows of the tables that metrics and retention are made of."""
        return sum(self.rows[name] for name in scenario.EVENT_TABLES)

    @property
    def all_rows(self) -> int:
        """Rows of all tables."""
        return sum(self.rows.values())


class RawData:
    """Segment's tables of one size in a database, sorted by arrival as Segment's loads leave them.

    What arrives last is kept in a second database as well, so that it can be taken away and put
    back. The main database is changed in place: nothing of this size is copied.

    Attributes:
        folder: Where the databases and the registry are.
        path: Database with the tables in the schema `segment`.
        cuts: Where the data are cut.
    """

    def __init__(self, folder: Path):
        """Open raw data that are there.

        Args:
            folder: A folder that `make` has finished.

        Raises:
            FileNotFoundError: If it has not.
        """
        self.folder = folder
        self.path = folder / "raw.duckdb"
        self._tail = folder / "last_arrivals.duckdb"
        content = json.loads((folder / "cuts.json").read_text())
        content |= {name: datetime.fromisoformat(content[name]) for name in ("small", "day")}
        self.cuts = Cuts(**content)

    @classmethod
    def make(
        cls,
        parent: Path,
        millions: int,
        seed: int = scenario.SEED,
        users_per_million: int = scenario.USERS_PER_MILLION,
        say: Callable[[str], None] = lambda text: None,
    ) -> "RawData":
        """Open the raw data of a size, and simulate them first when they are not there.

        Args:
            parent: Gets a folder named after the size, the seed and the scenario.
            millions: Size in million exposures, at least 1.
            seed: Seed of the simulation.
            users_per_million: People per million exposures.
            say: Called with one line per step.

        Returns:
            The raw data.
        """
        name = scenario.fingerprint(millions, seed)
        if users_per_million != scenario.USERS_PER_MILLION:
            name += f"-{users_per_million}"
        folder = parent / name
        if not (folder / "cuts.json").exists():
            shutil.rmtree(folder, ignore_errors=True)
            parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=parent, prefix="unfinished-") as scratch:
                unfinished = Path(scratch) / "raw"
                unfinished.mkdir()
                _simulate(unfinished, millions * users_per_million, seed, say)
                unfinished.rename(folder)
        return cls(folder)

    def arrive(self, until: datetime | None) -> int:
        """Let rows arrive, or take back those that arrived later, in one transaction.

        Args:
            until: Rows with an earlier load time are there afterwards; None for all.

        Returns:
            By how many rows the tables have grown; negative when they have shrunk.
        """
        grown = 0
        with duckdb.connect(str(self.path)) as connection:
            connection.execute("set enable_progress_bar = false")
            connection.execute(f"attach '{self._tail}' as tail (read_only)")
            connection.execute("begin")
            for name in scenario.TABLES:
                table = f"raw.{scenario.SCHEMA}.{name}"
                arrived = "true"
                if until is not None:
                    arrived = f"uuid_ts < timestamp '{until}'"
                    grown -= _count(connection, f"delete from {table} where not {arrived}")
                grown += _count(
                    connection,
                    f"insert into {table} select * from tail.{scenario.SCHEMA}.{name} "
                    f"where {arrived} and uuid_ts > "
                    f"(select coalesce(max(uuid_ts), timestamp '1970-01-01') from {table})",
                )
            connection.execute("commit")
            connection.execute("checkpoint")
        return grown


def choose_cuts(loads: list[tuple[datetime, int]]) -> tuple[int, int]:
    """Choose the loads with which the small day and the day begin.

    Args:
        loads: Load times in ascending order with their number of rows, at least three.

    Returns:
        Indices of the first load of the small day and of the day; the last rows are as near as
        possible to 1/90 of all, and those before them to `scenario.SAME_ROWS`.
    """

    def back(end: int, wanted: float) -> int:
        """Go back from the end until there are enough rows, or one load less if that is nearer."""
        begin, rows = end, 0
        while begin == end or (begin > 1 and rows + loads[begin - 1][1] / 2 <= wanted):
            begin -= 1
            rows += loads[begin][1]
        return begin

    day = back(len(loads), sum(rows for _, rows in loads) / scenario.DAYS)
    return back(day, scenario.SAME_ROWS), day


class _Chosen(DuckdbWriter):
    """Writes the tables that are needed only."""

    def write(self, name: str, table: pa.Table) -> None:
        """Append a chunk of a table that is needed.

        Args:
            name: Name of the table.
            table: Rows.
        """
        if name in scenario.TABLES:
            super().write(name, table)


class _Nothing:
    """Takes the truth, which no benchmark reads."""

    def write(self, name: str, table: pa.Table) -> None:
        """Drop a chunk."""

    def close(self) -> None:
        """Close nothing."""


def _simulate(folder: Path, users: int, seed: int, say: Callable[[str], None]) -> None:
    """Simulate people into databases in a folder."""
    started = time.monotonic()

    def report(done: int) -> None:
        say(f"simulated {done:,} of {users:,} people in {time.monotonic() - started:.0f} s")

    unsorted = folder / "unsorted.duckdb"
    writer = _Chosen(unsorted, scenario.SCHEMA)
    generate(users, seed, writer, _Nothing(), scenario.settings(), report, threads=1)
    say("sorting by arrival ...")
    with duckdb.connect(str(folder / "raw.duckdb")) as connection:
        connection.execute(f"attach '{unsorted}' as unsorted (read_only)")
        connection.execute(f"attach '{folder / 'last_arrivals.duckdb'}' as tail")
        connection.execute("set memory_limit = '8GB'")
        connection.execute("set enable_progress_bar = false")
        connection.execute(
            f"create schema raw.{scenario.SCHEMA}; create schema tail.{scenario.SCHEMA}"
        )
        rows = {name: _sort(connection, name) for name in scenario.TABLES}
        loads = connection.execute(
            "select uuid_ts, count(*) from ("
            + " union all ".join(
                f"select uuid_ts from raw.{scenario.SCHEMA}.{name}" for name in scenario.TABLES
            )
            + ") as loads group by uuid_ts order by uuid_ts"
        ).fetchall()
        small, day = choose_cuts(loads)
        for name in scenario.TABLES:
            connection.execute(
                f"create table tail.{scenario.SCHEMA}.{name} as select * "
                f"from raw.{scenario.SCHEMA}.{name} where uuid_ts >= ? order by received_at",
                [loads[small][0]],
            )
    unsorted.unlink()
    write_registry(folder, scenario.settings())
    cuts = Cuts(
        small=loads[small][0],
        day=loads[day][0],
        small_rows=sum(count for _, count in loads[small:day]),
        day_rows=sum(count for _, count in loads[day:]),
        rows=rows,
    )
    content = asdict(cuts) | {"small": cuts.small.isoformat(), "day": cuts.day.isoformat()}
    (folder / "cuts.json").write_text(json.dumps(content, indent=2))
    say(f"{cuts.all_rows:,} rows in {time.monotonic() - started:.0f} s")


def _count(connection: duckdb.DuckDBPyConnection, statement: str) -> int:
    """Run a statement that changes rows; return how many."""
    [[rows]] = connection.execute(statement).fetchall()
    return rows


def _sort(connection: duckdb.DuckDBPyConnection, name: str) -> int:
    """Write a table in the order of arrival, a span of time after the other; return its rows."""
    source, target = (f"{base}.{scenario.SCHEMA}.{name}" for base in ("unsorted", "raw"))
    [[rows, first, last]] = connection.execute(
        f"select count(*), min(uuid_ts), max(uuid_ts) from {source}"
    ).fetchall()
    connection.execute(f"create table {target} as from {source} limit 0")
    parts = -(-rows // SORTED_AT_A_TIME)
    for part in range(parts):
        begin = first + (last - first) * part / parts
        end = first + (last - first) * (part + 1) / parts
        is_before_end = "uuid_ts <= ?" if part + 1 == parts else "uuid_ts < ?"
        connection.execute(
            f"insert into {target} select * from {source} "
            f"where uuid_ts >= ? and {is_before_end} order by received_at",
            [begin, end],
        )
    return rows
