"""Airflow itself reads the DAG of the examples, and a parser their cron expressions."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from pathlib import Path

SCHEDULE = Path(__file__).resolve().parents[1] / "examples" / "schedule"
TASKS = ["freshness", "build"]


def dag_problems(folder: Path) -> list[str]:
    """What Airflow has against the DAGs of a folder, and what is missing in ours."""
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(dag_folder=str(folder))
    if bag.import_errors:
        return [f"{path}: {error}" for path, error in bag.import_errors.items()]
    dag = bag.dags.get("segment_experiments")
    if dag is None:
        return [f"{folder}: no DAG is named segment_experiments"]
    tasks = [task.task_id for task in dag.topological_sort()]
    return [] if tasks == TASKS else [f"{folder}: the tasks are {tasks}, not {TASKS}"]


def cron_problems() -> list[str]:
    """Cron expressions of the examples that no parser takes; each example has at least one."""
    from croniter import croniter

    crontab = (SCHEDULE / "cron" / "crontab").read_text()
    found = {"cron/crontab": re.findall(r"^(?![A-Z#])((?:\S+ ){4}\S+) ", crontab, re.MULTILINE)}
    for name in ("github-actions/experiments.yml", "cloud-run/deploy.sh"):
        text = (SCHEDULE / name).read_text()
        found[name] = re.findall(r'(?:cron: |--schedule )"([^"]*)"', text)
    problems = [f"{name}: no cron expression is found" for name in found if not found[name]]
    return problems + [
        f"{name}: {expression!r} is no cron expression"
        for name, expressions in found.items()
        for expression in expressions
        if not croniter.is_valid(expression)
    ]


def main() -> int:
    """Checks the examples; returns 1 when there is a problem."""
    with tempfile.TemporaryDirectory() as home:
        os.environ |= {
            "AIRFLOW_HOME": home,
            "AIRFLOW__CORE__LOAD_EXAMPLES": "false",
            "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
        }
        problems = dag_problems(SCHEDULE / "airflow")
        problems += cron_problems()
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
