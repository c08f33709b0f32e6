"""Command line: simulate users and write Segment's raw tables with the truth beside them.

Examples:
    python -m demo.generate --users 100000 --seed 1 --out data
    python -m demo.generate --users 100000 --out data --format duckdb --schema segment
"""

import argparse
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import pyarrow as pa

from demo.config import Settings
from demo.truth import Counter, experiments_table
from demo.world import CHUNK, simulate
from demo.writers import CsvWriter, DuckdbWriter, ParquetWriter, Writer


def generate(
    users: int,
    seed: int,
    raw: Writer,
    truth: Writer,
    settings: Settings | None = None,
    report: Callable[[int], None] = lambda done: None,
    threads: int = 2,
) -> dict[str, int]:
    """Simulate people chunk by chunk and write what they leave behind.

    Args:
        users: How many people, at least 1.
        seed: Seed; the same seed and users give the same result.
        raw: Takes the raw tables.
        truth: Takes the truth tables.
        settings: Experiments, behaviour and fault rates; the defaults when None.
        report: Called with the number of people done after each chunk.
        threads: How many tables are written at a time; 1 for a writer that cannot do more.

    Returns:
        Rows per raw table.

    Raises:
        ValueError: If `users` or `seed` is out of range.
    """
    if users < 1:
        raise ValueError("users must be at least 1")
    if seed < 0:
        raise ValueError("seed must be at least 0")
    settings = settings or Settings()
    rows: dict[str, int] = {}
    counter = Counter()
    with ThreadPoolExecutor(threads) as pool:
        pending = []
        for chunk, first in enumerate(range(0, users, CHUNK)):
            count = min(CHUNK, users - first)
            result = simulate(seed, chunk, first, count, settings)
            _finish(pending)
            pending = [pool.submit(raw.write, *item) for item in result.tables.items()]
            pending += [pool.submit(truth.write, *item) for item in result.truth.items()]
            for name, table in result.tables.items():
                rows[name] = rows.get(name, 0) + len(table)
            counter.add(result.counts)
            report(first + count)
        _finish(pending)
    truth.write("experiments", experiments_table(settings))
    truth.write("faults", counter.table())
    raw.close()
    truth.close()
    return rows


def main(arguments: list[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: Arguments; those of the process when None.

    Returns:
        Exit code.
    """
    parser = argparse.ArgumentParser(
        prog="python -m demo.generate", description="Simulate Segment data with known truth."
    )
    parser.add_argument("--users", type=int, required=True, help="people to simulate")
    parser.add_argument("--seed", type=int, default=1, help="same seed, same data (default 1)")
    parser.add_argument("--out", type=Path, required=True, help="folder; truth goes to OUT/truth")
    parser.add_argument("--format", choices=["parquet", "csv", "duckdb"], default="parquet")
    parser.add_argument("--duckdb-path", type=Path, help="database (default OUT/segment.duckdb)")
    parser.add_argument("--schema", default="segment", help="schema in it (default segment)")
    options = parser.parse_args(arguments)
    started = time.monotonic()

    def report(done: int) -> None:
        spent = time.monotonic() - started
        print(f"{done:>12,} of {options.users:,} users  {spent:6.1f} s", file=sys.stderr)

    raw: Writer
    folder = options.out / "truth"
    truth: Writer = CsvWriter(folder) if options.format == "csv" else ParquetWriter(folder)
    if options.format == "duckdb":
        path = options.duckdb_path or options.out / "segment.duckdb"
        raw = DuckdbWriter(path, options.schema)
    elif options.format == "csv":
        raw = CsvWriter(options.out)
    else:
        raw = ParquetWriter(options.out)
    # A DuckDB connection is not for several threads at a time.
    threads = 1 if options.format == "duckdb" else 2
    try:
        rows = generate(options.users, options.seed, raw, truth, report=report, threads=threads)
    except (ValueError, OSError, pa.ArrowException) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    for name, count in rows.items():
        print(f"{name:20} {count:>14,} rows")
    return 0


def _finish(pending: list) -> None:
    """Wait until everything is written, and raise what went wrong."""
    wait(pending)
    for job in pending:
        job.result()


if __name__ == "__main__":
    sys.exit(main())
