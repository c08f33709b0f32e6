"""Builds the whole project on the demo data and shows the results: `python -m demo.run`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from demo.results_table import read_results, results_table
from report.__main__ import write
from report.warehouse import Target

PROJECT = Path(__file__).resolve().parents[1]


def build(console: Console) -> bool:
    """Run `dbt build` with a progress bar.

    Args:
        console: where the bar, warnings and errors go.

    Returns:
        Whether everything was built and every test passed.
    """
    dbt = Path(sys.executable).with_name("dbt")
    command = [str(dbt), "--log-format", "json", "build"]
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    )
    with (
        bar,
        subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as process,
    ):
        task = bar.add_task("reading the project", total=None)
        for line in process.stdout or []:
            try:
                event = json.loads(line)
            except json.JSONDecodeError:
                bar.print(line.rstrip())
                continue
            data = event.get("data", {})
            if data.get("total") and data.get("index"):
                name = data.get("node_info", {}).get("node_name") or "building"
                bar.update(task, total=data["total"], completed=data["index"], description=name)
            if event["info"]["level"] in ("warn", "error") and event["info"].get("msg"):
                bar.print(event["info"]["msg"], markup=False)
    return process.returncode == 0


def main() -> int:
    """Build, then print the results of each experiment's primary metric.

    Returns:
        Exit code: 0 when everything was built and passed.
    """
    console = Console(width=None if sys.stdout.isatty() else 150)
    database = PROJECT / os.environ.get("DUCKDB_PATH", "warehouse.duckdb")
    start = time.monotonic()
    console.print("Building on DuckDB from the demo's Segment tables ...")
    if not build(console):
        console.print("dbt failed; the messages are above and in logs/dbt.log.", style="bold red")
        return 1
    console.print(results_table(read_results(database)))
    report = PROJECT / "target" / "report.html"
    size = write(Target(None, PROJECT, PROJECT), report)
    console.print(
        f"Done in {time.monotonic() - start:.0f} s. The tables are in {database.name}, schema "
        "analytics: experiments, experiment_assignments, experiment_results, ...\n"
        "Above are the primary metrics; every metric is in experiment_results. A `win` by the "
        "p-value alone can still be chance where many metrics are looked at.\n"
        f"The report is {report.relative_to(PROJECT)} ({size / 1e6:.1f} MB): open it in a browser."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
