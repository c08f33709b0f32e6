"""Measures the queries that many metrics and experiments make.

BigQuery takes no query above a megabyte of text, and plans one with too many subqueries slowly or
not at all. The project is compiled with 200 metrics of 40 event tables and with the identify traits
of 500 experiments, which is what settings and data can add to the text.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from pathlib import Path
from typing import Any

from compile_project import Compiler, DbtError
from graph import read_manifest
from tables import Catalog

ROOT = Path(__file__).resolve().parents[2]
METRICS, EVENTS, EXPERIMENTS = 200, 40, 500
MAXIMUM_BYTES = 700_000
MAXIMUM_SUBQUERIES = 1_000
SUBQUERY = re.compile(r"\bselect\b", re.IGNORECASE)
SHOWN = 5

MESSAGE = [
    *((name, "STRING") for name in ("id", "anonymous_id", "user_id")),
    *((name, "TIMESTAMP") for name in ("original_timestamp", "sent_at", "received_at")),
    *((name, "TIMESTAMP") for name in ("timestamp", "uuid_ts", "loaded_at")),
]


def many_metrics() -> list[dict[str, Any]]:
    """Metrics of every type, in equal parts, over all event tables."""
    metrics: list[dict[str, Any]] = []
    for number in range(METRICS):
        name, event = f"metric_number_{number}", f"event_number_{number % EVENTS}"
        kind = ("conversion", "count", "sum", "ratio", "retention")[number % 5]
        metric: dict[str, Any] = {"name": name, "type": kind}
        if kind == "ratio":
            metric |= {
                "numerator": f"metric_number_{number - 1}",
                "denominator": f"metric_number_{number - 2}",
            }
        elif kind == "retention":
            metric |= {"delay_days": number % 30, "window_days": 7}
        else:
            metric |= {"event": event, "where": f"category = 'category {number}'"}
        if kind == "sum":
            metric["value"] = "revenue"
        metrics.append(metric)
    return metrics


def segment_tables() -> Catalog:
    """A Segment source with that many event tables and experiments."""
    trait = "experiments_homepage_hero_cta_test_2024_12_number_"
    catalog: Catalog = {
        ("segment", name): list(MESSAGE) for name in ("tracks", "pages", "experiment_viewed")
    }
    catalog["segment", "experiment_viewed"] += [("experiment_id", "STRING"), ("variant", "STRING")]
    catalog["segment", "aliases"] = [*MESSAGE, ("previous_id", "STRING")]
    catalog["segment", "identifies"] = [
        *MESSAGE,
        *((f"{trait}{number}", "STRING") for number in range(EXPERIMENTS)),
    ]
    for number in range(EVENTS):
        more = [("revenue", "FLOAT64"), ("category", "STRING")]
        catalog["segment", f"event_number_{number}"] = [*MESSAGE, *more]
    return catalog


def main() -> int:
    """Compiles and measures from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--project-dir", type=Path, default=ROOT)
    options = parser.parse_args()
    start = time.monotonic()
    work = options.project_dir / "target" / "query-size"
    settings = {"demo_data": False, "metrics": many_metrics()}
    compiler = Compiler(options.project_dir, work, settings)
    try:
        catalog = compiler.seed_catalog() | segment_tables()
        compiler.compile(catalog, work / "manifest.json")
    except DbtError as error:
        print(f"size: {error}", file=sys.stderr)
        return 1
    sizes = []
    for node in read_manifest(work / "manifest.json")["nodes"].values():
        code = node.get("compiled_code")
        if code:
            sizes.append((len(code.encode()), len(SUBQUERY.findall(code)), node["name"]))
    failed = 0
    for size, subqueries, name in sorted(sizes, reverse=True):
        if size > MAXIMUM_BYTES or subqueries > MAXIMUM_SUBQUERIES:
            failed += 1
            print(f"FAIL {name}: {size} bytes, {subqueries} subqueries")
    largest = ", ".join(
        f"{name} {size // 1000} kB ({subqueries} subqueries)"
        for size, subqueries, name in sorted(sizes, reverse=True)[:SHOWN]
    )
    seconds = time.monotonic() - start
    print(
        f"size: {len(sizes)} queries of {METRICS} metrics and {EXPERIMENTS} experiments, "
        f"{failed} too large, {seconds:.1f} s; largest: {largest}"
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
