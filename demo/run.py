"""Builds the whole project on the demo data and shows the results: `python -m demo.run`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from demo.config import PLANTED_FAULTS
from demo.faults_table import check_of, faults_table, missing_faults, read_faults, summary
from demo.results_table import read_results, results_table
from report.__main__ import write
from report.warehouse import Target

PROJECT = Path(__file__).resolve().parents[1]


def read_log(
    lines: Iterable[str],
    show: Callable[[Text], None],
    advance: Callable[[int, int, str], None] = lambda done, total, name: None,
) -> set[str]:
    """Show the warnings and errors of dbt, except warnings of faults that the demo has on purpose.

    Args:
        lines: Log of dbt, in JSON; other lines are shown as they are.
        show: Takes what is to be printed.
        advance: Called with the nodes done, the nodes in all, and the name of the last one.

    Returns:
        Checks of tracking_audit that warned of a fault that is there on purpose.
    """
    planted = {fault.check for fault in PLANTED_FAULTS}
    found = set()
    for line in lines:
        try:
            event = json.loads(line)
        except json.JSONDecodeError:
            show(Text.from_ansi(line.rstrip()))
            continue
        data, level = event.get("data", {}), event["info"]["level"]
        if data.get("total") and data.get("index"):
            name = data.get("node_info", {}).get("node_name") or "building"
            advance(data["index"], data["total"], name)
        check = check_of(event)
        if level == "warn" and check in planted:
            found.add(check)
        elif level in ("warn", "error") and event["info"].get("msg"):
            show(Text.from_ansi(event["info"]["msg"]))
    return found


def build(console: Console) -> set[str] | None:
    """Run `dbt build` with a progress bar.

    Args:
        console: Where the bar, warnings and errors go.

    Returns:
        Checks that found a fault which the demo has on purpose, or None when dbt failed.
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
        found = read_log(
            process.stdout or [],
            bar.print,
            lambda done, total, name: bar.update(
                task, total=total, completed=done, description=name
            ),
        )
    return found if process.returncode == 0 else None


def main() -> int:
    """Build, then print the faults found and the results of each experiment's primary metric.

    Returns:
        Exit code: 0 when everything was built and passed, and every fault was found.
    """
    console = Console(width=None if sys.stdout.isatty() else 150)
    database = PROJECT / os.environ.get("DUCKDB_PATH", "warehouse.duckdb")
    start = time.monotonic()
    console.print("Building on DuckDB from the demo's Segment tables ...")
    found = build(console)
    if found is None:
        console.print("dbt failed; the messages are above and in logs/dbt.log.", style="bold red")
        return 1
    console.print(summary(found))
    console.print(faults_table(read_faults(database, found)))
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
    return 1 if missing_faults(found) else 0


if __name__ == "__main__":
    sys.exit(main())
