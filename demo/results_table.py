"""The table of results that the demo prints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
from rich import box
from rich.table import Table

from report.text import interval, percent, probability

STYLES = {
    "win": "bold green",
    "loss": "bold red",
    "do not trust": "bold yellow",
}

QUERY = """
    select
        results.experiment_id,
        experiments.status,
        results.metric,
        results.variant,
        results.users,
        results.control_users,
        results.relative_lift,
        case when experiments.has_reached_end then results.relative_lift_lower
            else results.sequential_relative_lower end as lower,
        case when experiments.has_reached_end then results.relative_lift_upper
            else results.sequential_relative_upper end as upper,
        case when experiments.has_reached_end then results.p_value
            else results.sequential_p_value end as p_value,
        results.verdict
    from analytics.experiment_results as results
    inner join analytics.experiments as experiments
        on results.experiment_id = experiments.experiment_id
    where
        not results.is_control
        and results.estimator = 'unadjusted'
        and results.metric = experiments.headline_metric
    order by experiments.first_assigned_at, results.experiment_id, results.variant
"""


def read_results(database: Path) -> list[dict[str, Any]]:
    """Read the comparisons of each experiment's headline metric, with what decides the verdict.

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
        caption="Of running experiments: the sequential interval and p, which hold at any look.",
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
            style=STYLES.get(row["verdict"]),
        )
    return table
