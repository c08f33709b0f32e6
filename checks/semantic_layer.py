"""The metrics of examples/semantic_layer/, asked by MetricFlow on DuckDB, are those of the marts.

Run it in the environment of MetricFlow, with a DuckDB file in which the demo is built.
"""

from __future__ import annotations

import csv
import math
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb

PROJECT = Path(__file__).resolve().parents[1] / "examples" / "semantic_layer"
BIN = Path(sys.executable).parent

# metrics asked for, what they are grouped by, and the same numbers from the marts, in that order
QUESTIONS = [
    (
        ["assigned_users", "conversion_rate", "revenue_per_user"],
        ["assignment__experiment_id", "assignment__variant"],
        """
        select
            experiment_id, variant, max(users),
            max(mean) filter (where metric = 'signup_conversion'),
            max(mean) filter (where metric = 'revenue_per_user')
        from analytics.experiment_results
        where estimator = 'unadjusted' and metric in ('signup_conversion', 'revenue_per_user')
        group by all
        """,
    ),
    (
        ["retention"],
        [
            f"retention_day__{name}"
            for name in ("experiment_id", "variant", "retention_type", "day_number")
        ],
        """
        select experiment_id, variant, retention_type, day, retention_rate
        from analytics.experiment_retention
        """,
    ),
]


def run(tool: str, *arguments: str) -> None:
    """Run dbt or MetricFlow in the project; end with its output when it fails."""
    ended = subprocess.run(
        [BIN / tool, *arguments], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    if ended.returncode:
        sys.exit(f"{tool} {' '.join(arguments)}\n{ended.stdout}{ended.stderr}")


def differences(answer: Path, expected: list[tuple], keys: int) -> list[str]:
    """Compare an answer of MetricFlow with rows of the marts, numbers to 1e-12."""
    with answer.open() as file:
        rows = list(csv.reader(file))[1:]
    asked = {tuple(row[:keys]): [float(cell or "nan") for cell in row[keys:]] for row in rows}
    known = {
        tuple(map(str, row[:keys])): [
            math.nan if cell is None else float(cell) for cell in row[keys:]
        ]
        for row in expected
    }
    return [
        f"{key}: {asked.get(key)} instead of {known.get(key)}"
        for key in sorted(asked.keys() | known.keys())
        if key not in asked
        or key not in known
        or not all(
            math.isclose(one, other, rel_tol=1e-12) or (math.isnan(one) and math.isnan(other))
            for one, other in zip(asked[key], known[key], strict=True)
        )
    ]


def main() -> int:
    """Compare everything; returns 1 when a number differs."""
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "warehouse.duckdb"
        shutil.copyfile(sys.argv[1], database)
        os.environ |= {
            "DUCKDB_PATH": str(database),
            "DBT_PROFILES_DIR": str(PROJECT),
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        }
        run("dbt", "--quiet", "deps")
        run("dbt", "--quiet", "build", "--select", "package:experiments_semantic_layer")
        run("mf", "validate-configs")
        found = []
        for metrics, groups, sql in QUESTIONS:
            answer = Path(folder) / "answer.csv"
            names = ("--metrics", ",".join(metrics), "--group-by", ",".join(groups))
            run("mf", "query", *names, "--csv", str(answer))
            with duckdb.connect(str(database), read_only=True) as connection:
                expected = connection.execute(sql).fetchall()
            if not expected:
                sys.exit("the marts are empty")
            found += differences(answer, expected, len(groups))
            print(f"{', '.join(metrics)}: {len(expected)} rows compared")
    for difference in found:
        print(difference, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
