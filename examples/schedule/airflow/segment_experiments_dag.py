"""The hourly run as an Airflow DAG: freshness, then the build, which is tried twice.

Put it into the folder of DAGs. Airflow variables: `segment_experiments_dir` (a checkout of the
project with its `.venv`), `segment_experiments_target` (default `bigquery`).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

DBT = "{{ var.value.segment_experiments_dir }}/.venv/bin/dbt"
ENVIRONMENT = {
    "DBT_PROJECT_DIR": "{{ var.value.segment_experiments_dir }}",
    "DBT_PROFILES_DIR": "{{ var.value.segment_experiments_dir }}",
    "DBT_TARGET": "{{ var.value.get('segment_experiments_target', 'bigquery') }}",
    "DBT_TARGET_PATH": "/tmp/segment_experiments/{{ ds_nodash }}/{{ ts_nodash }}",
    "DBT_LOG_PATH": "/tmp/segment_experiments/{{ ds_nodash }}/{{ ts_nodash }}",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
}

with DAG(
    dag_id="segment_experiments",
    description="Experiment assignments and results from Segment's tables",
    schedule="7 * * * *",
    start_date=datetime(2026, 1, 1),
    # A run reads all that has arrived, so those that were missed need not be made up for.
    catchup=False,
    # Two runs at a time do no harm, but the next one computes everything again.
    max_active_runs=1,
    default_args={
        "retries": 0,
        "execution_timeout": timedelta(minutes=55),
        "email_on_failure": True,
    },
    tags=["dbt", "experiments"],
) as dag:
    # A stale source is a warning that must not keep the rest away.
    freshness = BashOperator(
        task_id="freshness",
        bash_command=f"{DBT} source freshness || exit 99",
        skip_on_exit_code=99,
        env=ENVIRONMENT,
        append_env=True,
    )
    # The second try does what failed, and what was skipped for it.
    build = BashOperator(
        task_id="build",
        bash_command=f"{DBT} {{{{ 'build' if ti.try_number == 1 else 'retry' }}}}",
        retries=1,
        retry_delay=timedelta(minutes=2),
        trigger_rule="none_failed",
        env=ENVIRONMENT,
        append_env=True,
    )

    freshness >> build
