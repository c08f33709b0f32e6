"""Which of the faults in the demo's data the tracking audit found, for the demo to print."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

import duckdb
from rich import box
from rich.table import Table
from rich.text import Text

from demo.config import PLANTED_FAULTS, PlantedFault

TEST = re.compile(r"tracking_(\w+)_stays_below")


def check_of(event: dict[str, Any]) -> str | None:
    """Tell which check of the audit a line of dbt's log is about.

    Args:
        event: Line of the log, parsed from JSON.

    Returns:
        Name of the check, or None when the line is about something else.
    """
    node = event.get("data", {}).get("node_info", {}).get("node_name") or ""
    match = TEST.fullmatch(node)
    return match[1] if match else None


def missing_faults(found: Collection[str]) -> list[PlantedFault]:
    """List what is in the data on purpose and was not found.

    Args:
        found: Checks that warned.

    Returns:
        The faults, in the order of `PLANTED_FAULTS`.
    """
    return [fault for fault in PLANTED_FAULTS if fault.check not in found]


def summary(found: Collection[str]) -> Text:
    """Say in one line how many faults were found, and which were not.

    Args:
        found: Checks that warned of a fault that is in the data on purpose.

    Returns:
        The line, in red when a fault is missing.
    """
    missing = missing_faults(found)
    line = (
        f"The tracking audit found {len(PLANTED_FAULTS) - len(missing)} of {len(PLANTED_FAULTS)} "
        "faults that the demo's data contain on purpose"
    )
    if missing:
        names = ", ".join(f"{fault.check} ({fault.words})" for fault in missing)
        return Text(f"{line}; missing: {names}.", style="bold red")
    return Text(f"{line}.")


def read_faults(database: Path, found: Collection[str]) -> list[dict[str, Any]]:
    """Count what the checks warned of: the rows that their data tests stored.

    Args:
        database: DuckDB file in which `dbt test` ran.
        found: Checks that warned of a fault that is in the data on purpose.

    Returns:
        One dict per fault found: check, affected_rows, total_rows, experiments (0 where the check
        is not about experiments), words.

    Raises:
        duckdb.Error: The file or the stored rows are missing.
    """
    rows = []
    with duckdb.connect(str(database), read_only=True) as connection:
        for fault in PLANTED_FAULTS:
            if fault.check in found:
                relation = connection.sql(f"""
                    select
                        '{fault.check}' as check_name,
                        sum(affected_rows) as affected_rows,
                        sum(total_rows) as total_rows,
                        count(distinct experiment_id) as experiments
                    from analytics_dbt_test__audit.tracking_{fault.check}_stays_below
                """)
                [row] = relation.fetchall()
                rows.append({**dict(zip(relation.columns, row, strict=True)), "words": fault.words})
    return rows


def faults_table(rows: list[dict[str, Any]]) -> Table:
    """Make the table.

    Args:
        rows: As of read_faults().

    Returns:
        A rich table with one line per fault.
    """
    table = Table(
        box=box.SIMPLE_HEAD,
        caption="Counted where the share is above the threshold of a warning. Every check, with "
        "what to do, is in tracking_audit.",
        caption_justify="left",
    )
    table.add_column("check", no_wrap=True)
    table.add_column("found", justify="right")
    table.add_column("in plain words")
    for row in rows:
        words = row["words"]
        if row["experiments"]:
            plural = "s" if row["experiments"] > 1 else ""
            words += f" ({row['experiments']} experiment{plural})"
        table.add_row(
            row["check_name"],
            f"{int(row['affected_rows']):,} of {int(row['total_rows']):,}",
            Text(words),
        )
    return table
