"""The registry of experiments as the seeds experiments.csv and experiment_variants.csv."""

import csv
from datetime import UTC, datetime
from pathlib import Path

from demo.config import Settings

PLANS = (
    *("goal_metrics", "guardrail_metrics", "minimum_days", "target_effect", "planned_end"),
    *("decision_rule", "decision", "decided_at"),
)
"""Columns of the registry that the configuration has under the same names."""


def write_registry(folder: Path, settings: Settings | None = None) -> None:
    """Write both registry seeds.

    Args:
        folder: Where the files go.
        settings: The experiments; the demo's when None.
    """
    registered = (settings or Settings()).registered
    experiments = [
        (
            item.id,
            item.variants[0],
            _timestamp(item.start),
            _timestamp(item.end) if item.is_concluded else "",
            item.primary_metric,
            item.owner,
            item.hypothesis,
            "",
            *(getattr(item, name) for name in PLANS),
        )
        for item in registered
    ]
    variants = [
        (item.id, variant, round(1 / len(item.variants), 6))
        for item in registered
        for variant in item.variants
    ]
    _write(
        folder / "experiments.csv",
        "experiment_id,control_variant,started_at,ended_at,primary_metric,owner,hypothesis,"
        "activation_event," + ",".join(PLANS),
        experiments,
    )
    _write(folder / "experiment_variants.csv", "experiment_id,variant,expected_share", variants)


def _timestamp(value: int) -> str:
    """Write a time as UTC text."""
    return datetime.fromtimestamp(value / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _write(path: Path, header: str, rows: list[tuple]) -> None:
    """Write a CSV file."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header.split(","))
        writer.writerows(rows)
