"""The table of results that the demo prints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
from rich import box
from rich.table import Table

from report.text import interval, percent, probability

STYLES = {
    "ship": "bold green",
    "roll back": "bold red",
    "fix tracking": "bold yellow",
}

QUERY = """
    select
        decisions.experiment_id,
        experiments.status,
        scorecard.metric,
        decisions.variant,
        scorecard.users,
        scorecard.control_users,
        scorecard.relative_lift,
        scorecard.relative_interval_lower as lower,
        scorecard.relative_interval_upper as upper,
        scorecard.p_value,
        scorecard.verdict,
        decisions.decision
    from analytics.experiment_decisions as decisions
    inner join analytics.experiments as experiments
        on decisions.experiment_id = experiments.experiment_id
    inner join analytics.experiment_scorecard as scorecard
        on
            decisions.experiment_id = scorecard.experiment_id
            and decisions.variant = scorecard.variant
            and experiments.headline_metric = scorecard.metric
    order by experiments.first_assigned_at, decisions.experiment_id, decisions.variant
"""


def read_results(database: Path) -> list[dict[str, Any]]:
    """Read the decision about each variant, and its comparison in the headline metric.

    Args:
        database: DuckDB file with the marts in the schema `analytics`.

    Returns:
        One dict per experiment and variant; lifts are relative (0.1 = 10 %).

    Raises:
        duckdb.Error: the file or the marts are missing.
    """
    with duckdb.connect(str(database), read_only=True) as connection:
        cursor = connection.execute(QUERY)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def results_table(rows: list[dict[str, Any]]) -> Table:
    """Make the table.

    Args:
        rows: as of read_results().

    Returns:
        A rich table with one line per experiment and variant.
    """
    table = Table(
        title="Experiments: variant against control, primary metric",
        caption="Before the end: the sequential interval and p, which hold at any look.",
        box=box.SIMPLE_HEAD,
    )
    for name, right in [
        ("experiment", False),
        ("status", False),
        ("metric", False),
        ("variant", False),
        ("users", True),
        ("lift", True),
        ("95 % interval", True),
        ("p", True),
        ("verdict", False),
        ("decision", False),
    ]:
        table.add_column(name, justify="right" if right else "left", no_wrap=name == "experiment")
    for row in rows:
        table.add_row(
            row["experiment_id"],
            row["status"],
            row["metric"],
            row["variant"],
            f"{row['users']:,} : {row['control_users'] or 0:,}",
            percent(row["relative_lift"]),
            interval(row["lower"], row["upper"]),
            probability(row["p_value"]),
            row["verdict"],
            row["decision"],
            style=STYLES.get(row["decision"]),
        )
    return table
