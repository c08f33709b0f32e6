"""The project as a package: a company's project installs it, builds, and gets the right results."""

import csv
import datetime as dt
import json
import math
import os
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import duckdb
import pytest
from scipy import stats

from tests.python.harness.warehouse import PROJECT

CONSUMER = PROJECT / "integration_tests"
WINDOW = dt.timedelta(days=7)


def seed(name: str) -> list[dict[str, str]]:
    """Rows of a seed of the company's project."""
    with (CONSUMER / "seeds" / f"{name}.csv").open() as file:
        return list(csv.DictReader(file))


def dbt(folder: Path, *arguments: str, project: Path = CONSUMER) -> str:
    """Run dbt in the company's project, with everything that it writes in a folder."""
    process = subprocess.run(
        [
            *(sys.executable, "-m", "dbt.cli.main", "--no-use-colors", *arguments),
            *("--log-path", str(folder / "logs")),
            *([] if "deps" in arguments else ["--target-path", str(folder / "target")]),
        ],
        cwd=project,
        env={
            **os.environ,
            "DUCKDB_PATH": str(folder / "warehouse.duckdb"),
            "DBT_PROFILES_DIR": str(project),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stdout + process.stderr
    return process.stdout


def commands_of_the_page() -> list[list[str]]:
    """Words of each dbt command in the text of docs/package.md, in its order."""
    page = (PROJECT / "docs" / "package.md").read_text()
    return [shlex.split(command)[1:] for command in re.findall(r"`(dbt [^`]+)`", page)]


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory) -> Path:
    """The company's warehouse after what the page says, on what Segment has loaded."""
    folder = tmp_path_factory.mktemp("package")
    commands = commands_of_the_page()
    assert [words[0] for words in commands] == ["deps", "run-operation", "build", "build"]
    dbt(folder, *commands[0])
    dbt(folder, "seed", "--select", "website")
    for words in commands[1:]:
        dbt(folder, *words)
    return folder / "warehouse.duckdb"


def test_the_company_may_take_warnings_for_errors(tmp_path):
    """No node of the package depends on one of the company's without saying whose it is."""
    dbt(tmp_path, "deps")
    dbt(tmp_path, "--warn-error", "parse", "--no-partial-parse")


def query(warehouse: Path, sql: str) -> list[tuple]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        connection.execute("set schema = 'acme_experiments'")
        return connection.execute(sql).fetchall()


def revenues() -> dict[str, list[float]]:
    """Revenue of each user within seven days of joining the test, per bucket."""
    owners = {row["anonymous_id"]: row["user_id"] for row in seed("website/identifies")}
    joined = {
        owners[row["anonymous_id"]]: (
            row["bucket"],
            dt.datetime.fromisoformat(row["joined_at"][:-1]),
        )
        for row in seed("website/test_joined")
    }
    values = dict.fromkeys(joined, 0.0)
    for row in seed("billing_subscriptions"):
        _, start = joined[row["customer_id"]]
        if start <= dt.datetime.fromisoformat(row["started_at"]) < start + WINDOW:
            values[row["customer_id"]] += float(row["price"])
    buckets: dict[str, list[float]] = {}
    for user, (bucket, _) in joined.items():
        buckets.setdefault(bucket, []).append(values[user])
    return buckets


@pytest.mark.parametrize("metric", ["subscription_revenue", "subscription_conversion"])
def test_the_results_are_those_of_the_raw_tables(warehouse, metric):
    old, new = revenues()["old words"], revenues()["new words"]
    assert (len(old), len(new)) == (12, 11)
    if metric == "subscription_conversion":
        old, new = ([float(value > 0) for value in values] for values in (old, new))
    [(users, total, control_users, control, p_value)] = query(
        warehouse,
        f"""
        select users, total, control_users, control_variant, p_value from experiment_results
        where metric = '{metric}' and estimator = 'unadjusted' and not is_control
        """,
    )
    assert (users, control_users, control) == (11, 12, "old words")
    assert total == pytest.approx(sum(new), abs=1e-9)
    assert p_value == pytest.approx(stats.ttest_ind(new, old, equal_var=False).pvalue, rel=1e-9)


def test_plans_of_a_model_are_read_whatever_their_type(warehouse):
    assert query(warehouse, "select planned_end from experiments") == [
        (dt.datetime(2026, 6, 30, 23, 59, 59, 999999),)
    ]
    assert query(
        warehouse,
        "select metric, metric_role, guardrail_margin from experiment_scorecard order by metric",
    ) == [
        ("subscription_conversion", "goal", None),
        ("subscription_revenue", "guardrail", 0.3),
    ]
    # 9999 days are more than a registry may ask for, so the setting counts.
    [(minimum_days, needed)] = query(
        warehouse, "select minimum_days, users_needed from experiment_decisions"
    )
    assert minimum_days == 7
    [(detectable, users)] = query(
        warehouse,
        """
        select minimum_detectable_effect, users + control_users from experiment_scorecard
        where metric = 'subscription_conversion'
        """,
    )
    assert needed == math.ceil(users * (detectable / 0.5) ** 2)


def test_the_company_keeps_its_models_of_the_same_name(warehouse):
    assert query(warehouse, "select count(*) from acme.stg_segment__identifies") == [(23,)]
    assert query(warehouse, "from acme.experiments") == [("price words", "Ann")]
    assert query(warehouse, "select experiment_id, owner from experiments") == [
        ("Checkout Wording", "checkout")
    ]
    [(columns,)] = query(
        warehouse,
        """
        select string_agg(column_name, ', ' order by column_index) from duckdb_columns()
        where schema_name = 'acme' and table_name = 'stg_segment__identifies'
        """,
    )
    assert columns == "user_id, email"
    assert query(
        warehouse,
        "select count(distinct message_id) from acme_experiments_staging.stg_segment__identifies",
    ) == [(23,)]


def test_marts_meet_the_tables_of_the_company(warehouse):
    # Every other customer left an e-mail address.
    assert query(warehouse, "from acme.subscribers_by_variant order by variant") == [
        ("new words", 11, 6),
        ("old words", 12, 6),
    ]


SCHEMAS_OF_ACME = """
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ 'all' if custom_schema_name is none else 'prod_' ~ custom_schema_name }}
{%- endmacro %}

{% macro generate_alias_name(custom_alias_name=none, node=none) -%}
    {{ custom_alias_name or node.name }}_v2
{%- endmacro %}
"""


@pytest.mark.parametrize(
    ("settings", "macros", "mart", "other"),
    [
        ({}, "", "acme_experiments.experiments", "acme_experiments_staging"),
        (
            {"marts_schema": "ab", "staging_schema": "inner", "marts_prefix": "ab_"},
            "",
            "acme_ab.ab_experiments",
            "acme_inner",
        ),
        (
            {"marts_schema": "ab", "marts_prefix": "ab_"},
            SCHEMAS_OF_ACME,
            "prod_ab.ab_experiments_v2",
            "prod_ab_staging",
        ),
    ],
)
def test_tables_go_where_the_company_says(tmp_path, settings, macros, mart, other):
    project = tmp_path / "acme"
    shutil.copytree(CONSUMER, project, ignore=shutil.ignore_patterns("dbt_packages", "*lock.yml"))
    (project / "packages.yml").write_text(f"packages: [{{local: {PROJECT}}}]")
    (project / "dbt_packages").mkdir()
    (project / "dbt_packages" / "segment_experiments").symlink_to(PROJECT)
    (project / "macros").mkdir()
    (project / "macros" / "names.sql").write_text(macros)
    dbt(tmp_path, "parse", "--vars", json.dumps(settings), project=project)
    nodes = json.loads((tmp_path / "target" / "manifest.json").read_text())["nodes"]
    ours = {
        node["name"]: (node["schema"], node["alias"])
        for node in nodes.values()
        if node["package_name"] == "segment_experiments"
        and node["resource_type"] in ("model", "seed")
    }
    assert ".".join(ours["mart_experiments"]) == mart
    assert {ours["int_metrics"][0], ours["experiments"][0]} == {other}
    assert {schema for schema, _ in ours.values()} == {mart.split(".")[0], other}


def test_neither_demo_data_nor_tests_of_the_package_come_along(warehouse, tmp_path):
    assert query(
        warehouse, "select count(*) from duckdb_tables() where schema_name = 'segment_demo'"
    ) == [(0,)]
    assert "No nodes selected" in dbt(tmp_path, "ls", "--resource-type", "unit_test")


@pytest.fixture(scope="module")
def tools(tmp_path_factory) -> Path:
    """The folder that `pip install` of the package fills."""
    folder = tmp_path_factory.mktemp("tools")
    source = folder / "source"
    shutil.copytree(PROJECT / "report", source / "report")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(PROJECT / name, source)
    build = "from setuptools.build_meta import build_wheel; print(build_wheel('.'))"
    made = subprocess.run(
        [sys.executable, "-c", build], cwd=source, check=True, capture_output=True, text=True
    )
    with zipfile.ZipFile(source / made.stdout.splitlines()[-1]) as wheel:
        wheel.extractall(folder / "site")
    return folder / "site"


def tool(tools: Path, folder: Path, database: str, *arguments: str) -> subprocess.CompletedProcess:
    """Run `segment-experiments` in a folder, for the company's project that lies elsewhere."""
    [script] = tools.glob("*.dist-info/entry_points.txt")
    module, function = re.search(
        r"segment-experiments = ([\w.]+):(\w+)", script.read_text()
    ).groups()
    return subprocess.run(
        [
            *(
                sys.executable,
                "-c",
                f"import sys; from {module} import {function}; sys.exit({function}())",
            ),
            *arguments,
        ],
        cwd=folder,
        env={
            **{name: value for name, value in os.environ.items() if name != "DBT_PROFILES_DIR"},
            "PYTHONPATH": str(tools),
            "DUCKDB_PATH": database,
            "DBT_TARGET_PATH": str(folder / "target"),
            "DBT_LOG_PATH": str(folder / "logs"),
        },
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_report_is_made_from_any_folder(warehouse, tools, tmp_path):
    database = os.path.relpath(warehouse, CONSUMER)
    project = os.path.relpath(CONSUMER, tmp_path)
    where = ("--project-dir", project, "--profiles-dir", project)
    made = tool(tools, tmp_path, database, "report", *where, "--out", "here/report.html")
    assert made.returncode == 0, made.stdout + made.stderr
    assert "Checkout Wording" in (tmp_path / "here" / "report.html").read_text()
    found = tool(tools, tmp_path, database, "check-setup", *where)
    assert found.returncode == 0, found.stdout + found.stderr
    assert "In warehouse.acme_website there are 3 tables." in found.stdout


@pytest.mark.parametrize(
    ("place", "said"),
    [
        (("--project-dir", str(CONSUMER), "--profiles-dir", str(CONSUMER)), "There is no database"),
        (("--project-dir", str(CONSUMER), "--profiles-dir", "nowhere"), "nowhere"),
        ((), "There is no dbt_project.yml"),
    ],
)
def test_the_report_says_what_is_missing_and_leaves_nothing(tools, tmp_path, place, said):
    refused = tool(tools, tmp_path, str(tmp_path / "no.duckdb"), "report", *place)
    assert refused.returncode != 0
    assert said in refused.stderr
    assert not (tmp_path / "no.duckdb").exists()
