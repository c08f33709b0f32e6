"""What the project reads on BigQuery, and what that costs on demand.

1. Runs the project with the real dbt-bigquery over the warehouse of `warehouse.py`: a first run on
   two rows in each raw table, of which the first is so old that its experiment has settled, and an
   increment when a day later another has arrived. The raw tables are partitioned by the time of the
   load, as Segment's are.
2. Of every statement that dbt sends, `reads.py` finds the columns and partitions that it reads.
3. With the rows and widths of `sizes.py` that makes bytes, and with a price per tebibyte money.

Fails when an increment reads a raw table beyond the partitions of new days, and, with `--check`,
when a document does not say what is found here.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime as dt
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from client import Server, ServerError, WarehouseClient
from compile_project import Compiler, DbtError
from execute import Execution, RunError, arrival_place
from google.cloud.bigquery import Table as DescribedTable
from google.cloud.bigquery import TableReference, TimePartitioning
from graph import parents
from run import ROOT, StepError, googlesql_python
from sizes import Size, SizeError, Traffic, sizes, usual_way, width
from tables import LOAD_TIME, UTC, Catalog, Table, read_catalog, write_table

DOCUMENT = ROOT / "docs" / "bigquery-cost.md"
BEGIN, END = "<!-- begin: written by checks/googlesql/cost.py -->", "<!-- end -->"
HISTORIES = (3, 12, 36)  # months
DEFAULT_EXPOSURES = (1e6, 1e8, 1e10)
DEFAULT_RUNS = (1, 24)
DOLLARS_PER_TEBIBYTE = 6.25  # on demand, United States, since July 2023
MINIMUM_BYTES = 10 * 2**20  # per table of a query, and per query
FIRST_DAY = dt.datetime(2026, 1, 1, tzinfo=UTC)
# Tables that dbt asks while it compiles. These, and what they are made of, get rows; no other does,
# because the engine takes long.
ASKED = (
    *("int_arrivals", "int_experiment_times", "int_experiments_to_compute", "int_user_variants"),
    *("int_assignment_totals", "int_trait_days", "int_experiment_slugs"),
)
# They refer to every model, only to be built last.
ASKED_LAST = ("int_computed_experiments", "int_processed_arrivals")
# These read the messages since the oldest open experiment began, and not those of new days.
READERS_OF_EXPOSURES = (
    *("int_user_variants", "int_crossover_reasons", "int_user_assignment_periods"),
    *("experiment_assignments", "int_trait_audit"),
)
READERS_OF_EVENTS = ("int_user_events", "int_user_spans")
# Tables of experiments by the time of the assignment, of which those are read that a run computes.
BY_ASSIGNMENT = ("experiment_assignments", "int_user_metric_states")
# These read the experiments beside them, too.
READERS_OF_NEIGHBOURS = ("int_joint_assignments", "int_joint_values", "int_attribution_totals")
# All that can be built, and nothing but assignments, results and health.
EVERYTHING = {"exports": "all"}
LEAST = {"modules": [], "exports": []}
# On which a row arrives in each raw table, and how many of them the first run sees. Experiments are
# named by the row, and the first has settled when the second row arrives.
DAYS_OF_ROWS = (0, 200, 201)
FIRST_ROWS = 2
NODE = re.compile(r'"node_id": "(?P<type>[^.]+)\.[^"]*?(?P<name>[^."]+)"')
TEMPORARY = re.compile(r"__dbt_tmp\d*$")
UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")


class CostError(Exception):
    """The project reads what it should not, or a document says something else."""


@dataclass(frozen=True)
class Statement:
    """A statement of dbt and what it reads, as `Warehouse.reads` answers."""

    model: str
    reads: list[dict[str, Any]]


class RecordingClient(WarehouseClient):
    """Notes what each statement reads; `filled` names the models whose tables get rows."""

    filled: frozenset[str] = frozenset()

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        self.recorded: list[Statement] = []

    def get_table(self, reference: TableReference | DescribedTable, *_: Any, **__: Any) -> Any:
        """Describes a table; the pseudo column of a partitioned one is none of its columns."""
        table = super().get_table(reference)
        columns = [column for column in table.schema if column.name != LOAD_TIME]
        if len(columns) < len(table.schema):
            table.schema = columns
            table.time_partitioning = TimePartitioning()
        return table

    def fills(self, query: str) -> bool:
        """Tables get rows when what dbt sends depends on them."""
        return model_of(query) in self.filled

    def query(self, *_: Any, query: str = "", **__: Any) -> Any:
        """Sends a statement, and notes what it reads."""
        reads = self.server.ask("reads", sql=query)
        self.recorded.append(Statement(model_of(query), reads))
        return super().query(query=query)


def model_of(query: str) -> str:
    """The model that a statement belongs to, by dbt's comment in it."""
    found = NODE.search(query)
    return found["name"] if found else "(dbt)"


class RecordingExecution(Execution):
    """Runs of dbt of which each statement is noted."""

    client = RecordingClient


# ------------------------------------------------------------- recording
def write_rows(catalog: Catalog, count: int, folder: Path) -> None:
    """Writes raw tables with a row of each of the first days, every one with other texts."""
    for key, columns in catalog.items():
        rows = []
        for number in range(count if (LOAD_TIME, "TIMESTAMP") in columns else 0):
            filled = {
                "STRING": str(number + 1),  # 0 is the id of nobody
                "TIMESTAMP": FIRST_DAY + dt.timedelta(days=DAYS_OF_ROWS[number]),
            }
            rows.append([filled.get(kind) for _, kind in columns])
        write_table(Table(columns, rows), folder / f"{'.'.join(key)}.json")


def ancestors(manifest: dict[str, Any], names: tuple[str, ...]) -> frozenset[str]:
    """The names of models and of all that they are made of."""
    nodes = manifest["nodes"]
    found: set[str] = set()
    waiting = [unique_id for unique_id, node in nodes.items() if node["name"] in names]
    while waiting:
        unique_id = waiting.pop()
        if unique_id in nodes and unique_id not in found:
            found.add(unique_id)
            waiting.extend(parents(nodes[unique_id]))
    return frozenset(nodes[unique_id]["name"] for unique_id in found)


def record(
    options: argparse.Namespace, settings: dict[str, Any]
) -> tuple[dict[str, list[Statement]], set[str]]:
    """Runs the project twice.

    Args:
        options: Of the command line.
        settings: dbt vars, under those of the command line.

    Returns:
        The statements of the full run and of the increment, and the names of the raw tables.
    """
    work = (options.project_dir / "target" / "cost").resolve()
    variables = {"demo_data": True} | settings | (yaml.safe_load(options.vars) or {})
    compiler = Compiler(options.project_dir, work / "dbt", variables)
    catalog = compiler.seed_catalog()
    if options.catalog:
        catalog |= read_catalog(options.catalog)
    raw_tables = set()
    for key, columns in catalog.items():
        if arrival_place(columns) is not None:
            columns.append((LOAD_TIME, "TIMESTAMP"))
            raw_tables.add(key[1])
    for phase, count in (("full", FIRST_ROWS), ("increment", len(DAYS_OF_ROWS))):
        write_rows(catalog, count, work / f"raw_{phase}")
    with Server(googlesql_python()) as server:
        execution = RecordingExecution(compiler, server, catalog)
        RecordingClient.filled = ancestors(execution.manifest(), ASKED) | {*ASKED_LAST}
        execution.load(work / "raw_full")
        full = execution.dbt("full run", "run")
        execution.load(work / "raw_increment")
        increment = execution.dbt("increment", "run")
    execution.expect_increment(increment)
    return {"full": full.recorded, "increment": increment.recorded}, raw_tables


def check_increment(statements: list[Statement], raw_tables: set[str]) -> None:
    """Refuses an increment that reads raw tables beyond the partitions of new days.

    Raises:
        CostError: with each model, table and columns.
    """
    wrong = [
        f"{statement.model} reads all partitions of {read['name']}: "
        + ", ".join(sorted(set(read["whole"]) - {LOAD_TIME}))
        for statement in statements
        for read in statement.reads
        if read["name"] in raw_tables and set(read["whole"]) - {LOAD_TIME}
    ]
    if wrong:
        raise CostError("\n".join(["an increment reads raw history:", *wrong]))


# ------------------------------------------------------------- bytes
class Bill:
    """Bytes of the recorded statements for one traffic.

    Args:
        statements: By phase, `full` or `increment`.
        traffic: What is sent.
        rows: Rows of further tables, or of these instead of those of `sizes.py`.
    """

    def __init__(
        self, statements: dict[str, list[Statement]], traffic: Traffic, rows: dict[str, float]
    ) -> None:
        self.traffic = traffic
        given = {name: Size(number, traffic.new_share) for name, number in rows.items()}
        self.sizes = sizes(traffic) | given
        self.read: dict[str, dict[str, float]] = {}
        self.billed: dict[str, float] = {}
        for phase, sent in statements.items():
            models: dict[str, float] = defaultdict(float)
            self.billed[phase] = 0
            for statement in sent:
                parts = [self.bytes(read, phase, statement.model) for read in statement.reads]
                models[statement.model] += sum(parts)
                # A query that reads no column is free.
                self.billed[phase] += sum(max(part, MINIMUM_BYTES) for part in parts if part)
            self.read[phase] = models

    def pruned_share(self, table: str, model: str) -> float:
        """The share of a table's rows in the partitions that constants leave over for a model."""
        if table in BY_ASSIGNMENT:
            is_neighbour = model in READERS_OF_NEIGHBOURS
            return self.traffic.beside_share if is_neighbour else self.traffic.open_share
        if model in READERS_OF_EXPOSURES:
            return self.traffic.exposure_share
        return self.traffic.event_share if model in READERS_OF_EVENTS else self.traffic.new_share

    def bytes(self, read: dict[str, Any], phase: str, model: str) -> float:
        """Bytes of one table that one statement of a model reads."""
        name = TEMPORARY.sub("", read["name"])
        if name not in self.sizes:
            raise SizeError(
                f"how many rows has {name}? Add it to sizes.py, or give --rows {name}=..."
            )
        size = self.sizes[name]
        rows = size.rows
        if name != read["name"] or (size.is_made_anew and phase != "full"):
            rows *= size.replaced
        new_rows = rows * self.pruned_share(name, model)
        found = width(read["whole"]) * rows + width(read["pruned"]) * new_rows
        if read["rewritten"]:
            rewritten = new_rows if read["rewritten"] == "pruned" else rows
            found += width(read["columns"]) * rewritten
        return found

    def total(self, phase: str) -> float:
        """Bytes that all statements of a run read."""
        return sum(self.read[phase].values())


# ------------------------------------------------------------- report
def in_units(count: float) -> str:
    """A number of bytes for people."""
    if count == 0:
        return "0"
    unit = 0
    while count >= 999.5 and unit < len(UNITS) - 1:
        count /= 1024
        unit += 1
    return f"{count:.{2 if count < 9.995 else 1 if count < 99.95 else 0}f} {UNITS[unit]}"


def in_short(count: float) -> str:
    """A number of exposures for people."""
    for size, name in ((1e9, "billion"), (1e6, "million"), (1e3, "thousand")):
        if count >= size:
            return f"{count / size:g} {name}"
    return f"{count:g}"


def in_dollars(amount: float) -> str:
    """An amount of money for people."""
    return f"{amount:,.2f}" if amount < 100 else f"{amount:,.0f}"


def table(heads: list[str], rows: list[list[str]]) -> Iterator[str]:
    """A table in Markdown; all columns but the first are numbers."""
    yield "| " + " | ".join(heads) + " |"
    yield "|---|" + "---:|" * (len(heads) - 1)
    for row in rows:
        yield "| " + " | ".join(row) + " |"


def totals(bills: dict[tuple[float, float], Bill], price: float, runs: list[float]) -> list[str]:
    """What a run reads and costs, for each number of exposures."""
    heads = ["exposures a month", "full run", "USD"]
    for per_day in runs:
        heads += [f"increment, {per_day:g} a day", "USD a month"]
    rows = []
    for exposures in dict.fromkeys(exposures for exposures, _ in bills):
        row = [in_short(exposures)]
        for place, per_day in enumerate(runs):
            bill = bills[exposures, per_day]
            if place == 0:
                cost = bill.billed["full"] / 2**40 * price
                row += [in_units(bill.total("full")), in_dollars(cost)]
            monthly = bill.billed["increment"] * per_day * 365 / 12 / 2**40 * price
            row += [in_units(bill.total("increment")), in_dollars(monthly)]
        rows.append(row)
    return [*table(heads, rows)]


def by_history(bills: list[Bill], least: list[Bill]) -> list[str]:
    """What a run reads with a shorter and a longer history, beside the usual way.

    Args:
        bills: Of all that can be built, by history.
        least: The same without any module.
    """
    heads = ["months of history", "full run", "increment", "increment, `modules: []`"]
    heads += ["the usual way", "in increments"]
    rows = []
    for bill, small in zip(bills, least, strict=True):
        increment, usual = bill.total("increment"), usual_way(bill.traffic)
        counts = (bill.total("full"), increment, small.total("increment"), usual)
        read = map(in_units, counts)
        rows.append([f"{bill.traffic.months:g}", *read, f"{usual / increment:.1f}"])
    return [*table(heads, rows)]


def by_model(bills: list[Bill]) -> list[str]:
    """The bytes of each model, the largest reader of an increment first."""
    heads = ["model"]
    for bill in bills:
        heads += [f"full, {in_short(bill.traffic.exposures)}", "increment"]
    last = bills[-1].read
    names = sorted(
        {name for phase in last.values() for name, count in phase.items() if count},
        key=lambda name: (-last["increment"].get(name, 0), -last["full"].get(name, 0), name),
    )
    rows = []
    for name in names:
        row = [f"`{name}`"]
        for bill in bills:
            row += [in_units(bill.read[phase].get(name, 0)) for phase in ("full", "increment")]
        rows.append(row)
    return [*table(heads, rows)]


def columns_read(statements: dict[str, list[Statement]], bill: Bill) -> Iterator[str]:
    """Every model: the tables, columns and partitions that it reads in each kind of run."""
    for model in dict.fromkeys(s.model for sent in statements.values() for s in sent):
        yield from ("", model)
        for phase, sent in statements.items():
            lines: dict[str, float] = defaultdict(float)
            for statement in sent:
                for read in statement.reads if statement.model == model else ():
                    count = bill.bytes(read, phase, model)
                    lines[described(read)] += count
            for text, count in sorted(lines.items(), key=lambda line: -line[1]):
                yield f"  {phase:9} {in_units(count):>10}  {text}"


def described(read: dict[str, Any]) -> str:
    """Table, columns and partitions of a read."""
    parts = []
    for partitions, columns in (("all", read["whole"]), ("new", read["pruned"])):
        if columns:
            parts.append(f"{partitions} partitions: {', '.join(columns)}")
    if read["rewritten"]:
        partitions = "new" if read["rewritten"] == "pruned" else "all"
        parts.append(f"rewrites {partitions} partitions: every column")
    return f"{TEMPORARY.sub(' (temporary)', read['name'])}; {'; '.join(parts)}"


def document(text: str, lines: list[str]) -> str:
    """A document with these lines between its two marks."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return "\n".join([before + BEGIN, "", *lines, "", END + after])


def rows_of(text: str) -> tuple[str, float]:
    """Reads `table=rows`."""
    name, _, number = text.partition("=")
    return name, float(number)


def arguments() -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--project-dir", type=Path, default=ROOT)
    parser.add_argument("--vars", default="{}", help="dbt vars as YAML; demo_data is true")
    parser.add_argument("--catalog", type=Path, help="more raw tables, as a catalog file")
    parser.add_argument("--exposures", type=float, nargs="+", default=[*DEFAULT_EXPOSURES])
    parser.add_argument("--runs-per-day", type=float, nargs="+", default=[*DEFAULT_RUNS])
    parser.add_argument("--price", type=float, default=DOLLARS_PER_TEBIBYTE, help="per tebibyte")
    parser.add_argument("--rows", type=rows_of, nargs="+", default=[], metavar="TABLE=ROWS")
    parser.add_argument("--columns", action="store_true", help="print columns and partitions, too")
    for field in dataclasses.fields(Traffic):
        if field.name not in ("exposures", "runs_per_day"):
            name = f"--{field.name.replace('_', '-')}"
            parser.add_argument(name, type=float, default=field.default, help="see sizes.Traffic")
    parser.add_argument("--write", action="store_true", help=f"write {DOCUMENT.name}")
    parser.add_argument("--check", action="store_true", help=f"compare with {DOCUMENT.name}")
    return parser.parse_args()


def run(options: argparse.Namespace) -> None:
    """Records, prints, and writes or checks the document.

    Raises:
        CostError: see there.
    """
    statements, raw_tables = record(options, EVERYTHING)
    check_increment(statements["increment"], raw_tables)
    least, _ = record(options, LEAST)
    given = {
        field.name: getattr(options, field.name)
        for field in dataclasses.fields(Traffic)
        if field.name not in ("exposures", "runs_per_day")
    }
    bills = {
        (exposures, per_day): Bill(
            statements,
            Traffic(exposures=exposures, runs_per_day=per_day, **given),
            dict(options.rows),
        )
        for exposures in options.exposures
        for per_day in options.runs_per_day
    }
    first = [bills[exposures, options.runs_per_day[0]] for exposures in options.exposures]
    # The history is asked of the middle one of the numbers of exposures, with the most runs a day.
    asked = Traffic(
        exposures=sorted(options.exposures)[len(options.exposures) // 2],
        runs_per_day=max(options.runs_per_day),
        **given,
    )
    histories, least_histories = (
        [Bill(recorded, asked.with_months(months), dict(options.rows)) for months in HISTORIES]
        for recorded in (statements, least)
    )
    lines = [
        *[*totals(bills, options.price, options.runs_per_day), ""],
        *[*by_history(histories, least_histories), ""],
        *by_model(first),
    ]
    print("\n".join(lines))
    if options.columns:
        print("\n".join(columns_read(statements, first[0])))
    if options.write or options.check:
        text = DOCUMENT.read_text(encoding="utf-8")
        if options.write:
            DOCUMENT.write_text(document(text, lines), encoding="utf-8")
        elif document(text, lines) != text:
            raise CostError(f"{DOCUMENT.name} says something else: run cost.py --write")


def main() -> int:
    """Runs from the command line."""
    try:
        run(arguments())
    except (CostError, SizeError, StepError, DbtError, RunError, ServerError) as error:
        print(f"cost: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
