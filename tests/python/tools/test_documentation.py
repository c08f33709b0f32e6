"""Everything that a user sees is described: models, columns, seeds, macros, settings, links."""

import json
import re

import pytest
import yaml

from tests.python.harness.warehouse import PROJECT, Warehouse

MACRO = re.compile(r"{%-?\s*(?:macro|test)\s+(\w+)\(")


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory) -> Warehouse:
    warehouse = Warehouse(tmp_path_factory.mktemp("documentation"), {"demo_data": True})
    warehouse.dbt("seed")
    warehouse.dbt("run")
    return warehouse


@pytest.fixture(scope="module")
def nodes(warehouse) -> list[dict]:
    manifest = json.loads((warehouse.folder / "target" / "manifest.json").read_text())
    return [*manifest["nodes"].values(), *manifest["sources"].values()]


def test_every_model_seed_and_source_is_described(nodes):
    kinds = ("model", "seed", "source", "analysis")
    assert [
        node["name"]
        for node in nodes
        if node["resource_type"] in kinds[:3] and not node["description"].strip()
    ] == []


def test_every_column_of_a_mart_and_of_a_seed_is_described(warehouse, nodes):
    tables: dict[tuple[str, str], set[str]] = {}
    for row in warehouse.query("""
        select table_schema, table_name, column_name from information_schema.columns
        where table_schema in ('analytics', 'analytics_staging')
    """):
        key = (row["table_schema"], row["table_name"])
        tables.setdefault(key, set()).add(row["column_name"].lower())
    missing, checked = [], 0
    for node in nodes:
        is_registry = node["resource_type"] == "seed" and node["schema"] == "analytics_staging"
        is_mart = node["resource_type"] == "model" and node["schema"] == "analytics"
        columns = tables.get((node["schema"], node.get("alias") or node["name"]))
        if not (is_registry or is_mart) or columns is None:
            continue
        described = {
            name.lower()
            for name, column in node["columns"].items()
            if column["description"].strip()
        }
        missing += [f"{node['name']}.{column}" for column in sorted(columns - described)]
        missing += [f"{node['name']}.{column} is not there" for column in described - columns]
        checked += 1
    assert checked > 8
    assert missing == []


def test_public_models_are_public_and_the_others_are_not(nodes):
    models = [node for node in nodes if node["resource_type"] == "model"]
    assert {node["name"] for node in models if node["access"] == "public"} == {
        node["name"] for node in models if node["name"][:4] not in ("stg_", "int_")
    }
    assert {node["group"] for node in models} == {"experiments"}


def test_every_macro_says_what_it_does():
    undescribed = []
    for path in sorted((PROJECT / "macros").rglob("*.sql")):
        text = path.read_text()
        for match in MACRO.finditer(text):
            before = text[: match.start()].rstrip()
            # A version of a dispatched macro is described where it is dispatched.
            is_version = re.match(
                r"(default|duckdb|bigquery|snowflake|postgres|redshift)__", match[1]
            )
            if not before.endswith("#}") and not is_version:
                undescribed.append(f"{path.name}: {match[1]}")
    assert undescribed == []


def test_every_setting_has_a_comment_a_line_in_the_readme_and_a_rule():
    text = (PROJECT / "dbt_project.yml").read_text()
    settings = yaml.safe_load(re.sub(r'"{{.*?}}"', "x", text))["vars"]["segment_experiments"]
    readme = (PROJECT / "README.md").read_text()
    rules = (PROJECT / "macros/settings/setting.sql").read_text()
    assert [name for name in settings if f"`{name}`" not in readme] == []
    assert [name for name in settings if f"'{name}': {{'kind'" not in rules] == []


def test_every_link_leads_somewhere():
    broken = []
    for page in [*PROJECT.glob("*.md"), *PROJECT.glob("docs/*.md"), *PROJECT.glob("*/README.md")]:
        for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text()):
            if "://" not in target and not (page.parent / target).exists():
                broken.append(f"{page.name}: {target}")
    assert broken == []
