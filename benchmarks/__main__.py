"""Command line of the benchmark.

python -m benchmarks --sizes 1 10 50 [--folder target/bench] [--only a b c d e f]
"""

import argparse
import os
import shutil
import sys
import time
from pathlib import Path

from benchmarks import report, steps
from benchmarks.data import RawData
from benchmarks.measure import BenchmarkError
from benchmarks.warehouse import PROJECT

SIZES = (1, 10, 50)
"""Sizes of the whole benchmark, in million exposures."""

MEMORY_LIMIT = "10GB"
"""DuckDB's limit in every step; the process needs more, and the reach is 12 GB of that."""

SIMULATE_SECONDS, RUN_SECONDS, START_SECONDS = 9, 55, 60
"""What a million exposures take to simulate, and to measure, and what each size takes besides."""

RAW_GB, BUILT_GB = 0.25, 0.45
"""Disk per million exposures while it is simulated, and what is built beside the raw tables."""


def main(arguments: list[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: Arguments; those of the process when None.

    Returns:
        Exit code: 0 when everything was measured and the incremental marts are equal.
    """
    options = _parser().parse_args(arguments)
    sizes, parent = sorted(set(options.sizes)), options.folder
    is_whole = sizes == list(SIZES) and set(options.only) == set(steps.STEPS)
    output = options.results or (PROJECT / "benchmarks" / "results" if is_whole else parent)
    parent.mkdir(parents=True, exist_ok=True)
    seconds, gigabytes = estimate(sizes)
    free = shutil.disk_usage(parent).free / 1e9
    print(
        f"Sizes {', '.join(map(str, sizes))} million exposures: about {seconds / 60:.0f} minutes "
        f"on two cores, {MEMORY_LIMIT} of memory, and up to {gigabytes:.0f} GB of disk in {parent} "
        f"({free:.0f} GB are free). The simulated data stay there for the next run.",
        flush=True,
    )
    if free < gigabytes:
        print("error: that is not enough disk; choose another --folder.", file=sys.stderr)
        return 1
    started = time.monotonic()

    def say(text: str) -> None:
        print(f"{time.monotonic() - started:8.0f} s  {text}", flush=True)

    results = []
    for size in sizes:
        say(f"--- {size} million exposures")
        try:
            raw = RawData.make(parent, size, say=say)
            result = steps.run_size(
                raw, size, raw.folder / "built", MEMORY_LIMIT, options.only, say
            )
        except BenchmarkError as error:
            print(f"error: {error}", file=sys.stderr)
            return 1
        results.append(result)
        # After each size, so that a later failure loses nothing.
        report.write(results, output)
    print((output / "results.md").read_text())
    say(f"written to {output}")
    return 1 if any(result.differences for result in results) else 0


def estimate(sizes: list[int]) -> tuple[float, float]:
    """Estimate what a run needs at most, with the data simulated anew.

    Args:
        sizes: Sizes in million exposures.

    Returns:
        Seconds and gigabytes of disk.
    """
    seconds = sum(START_SECONDS + size * (SIMULATE_SECONDS + RUN_SECONDS) for size in sizes)
    return seconds, sum(sizes) * RAW_GB + max(sizes) * BUILT_GB


def _parser() -> argparse.ArgumentParser:
    """Make the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Time and memory of the project against the physical limit and the usual way.",
    )
    parser.add_argument(
        "--sizes", type=_size, nargs="+", default=list(SIZES), help="million exposures"
    )
    parser.add_argument(
        "--folder",
        type=Path,
        default=Path(os.environ.get("BENCH_FOLDER") or PROJECT / "target" / "bench"),
        help="for the databases (default: BENCH_FOLDER, or target/bench)",
    )
    parser.add_argument(
        "--only",
        nargs="+",
        choices=steps.STEPS,
        default=list(steps.STEPS),
        help="steps: a scan, b full refresh, c incremental day, d usual way, e read, f minimum",
    )
    parser.add_argument(
        "--results",
        type=Path,
        help="for results.md and results.png (default: benchmarks/results for the whole "
        "benchmark, else the folder of the databases)",
    )
    return parser


def _size(text: str) -> int:
    """Read a size."""
    size = int(text)
    if not 1 <= size <= 100:
        raise argparse.ArgumentTypeError("1 to 100 million exposures")
    return size


if __name__ == "__main__":
    sys.exit(main())
