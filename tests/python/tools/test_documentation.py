"""Everything that a user sees is described: models, columns, seeds, macros, settings, links."""

import json
import re
from collections.abc import Iterator

import pytest
import yaml

from tests.python.harness.demo import built_demo
from tests.python.harness.warehouse import PROJECT, Warehouse

ADAPTERS = "bigquery|default|duckdb|postgres|redshift|snowflake"
# A version of a dispatched macro is described where it is dispatched.
VERSION = re.compile(rf"(?:{ADAPTERS})__(\w+)")
MACRO = re.compile(
    r"{%-?\s*(?:macro|test)\s+(?P<name>\w+)\((?P<arguments>.*?)\)\s*-?%}"
    r"(?P<body>.*?){%-?\s*end(?:macro|test)",
    re.S,
)
COMMENT = re.compile(r"{#-?((?:(?!#}).)*?)-?#}\s*\Z", re.S)


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory) -> Warehouse:
    warehouse = built_demo(tmp_path_factory)
    warehouse.dbt("parse")
    return warehouse


@pytest.fixture(scope="module")
def nodes(warehouse) -> list[dict]:
    manifest = json.loads((warehouse.folder / "target" / "manifest.json").read_text())
    # The demo reads no sources, so dbt lists them among what is switched off.
    off = [node for nodes in manifest["disabled"].values() for node in nodes]
    sources = [node for node in off if node["resource_type"] == "source"]
    return [*manifest["nodes"].values(), *sources]


def test_every_model_seed_and_source_is_described(nodes):
    kinds = {"model", "seed", "source"}
    found = [node for node in nodes if node["resource_type"] in kinds]
    assert {node["resource_type"] for node in found} == kinds
    assert [node["name"] for node in found if not node["description"].strip()] == []


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
    public = {node["name"] for node in models if node["access"] == "public"}
    assert public == {node["name"] for node in models if node["name"][:4] not in ("stg_", "int_")}
    assert "experiment_results" in public
    # A group has an owner, and nobody in a company that installs the package is it.
    assert {node["group"] for node in models} == {None}


def undescribed(name: str, arguments: str, body: str, before: str) -> Iterator[str]:
    """What the comment before a macro leaves unsaid.

    Args:
        name: of the macro.
        arguments: as the macro names them, with their defaults.
        body: of the macro.
        before: the file up to the macro.
    """
    comment = COMMENT.search(before)
    if not comment:
        yield f"{name}: no comment"
        return
    said, section = (
        comment[1],
        re.search(
            r"\bArguments?\b(?P<types> \([^)]*\))?:(?P<text>.*?)(?=\n\s*(?:Returns|Errors):|\Z)",
            comment[1],
            re.S,
        ),
    )
    for argument in re.findall(r"(?:^|,)\s*(\w+)\s*(?:=|(?=,)|$)", without_values(arguments)):
        # One type may stand behind several names.
        with_type = rf"\b{argument}\b(?:,? (?:and )?\w+)*\s*\("
        if not section or not re.search(rf"\b{argument}\b", section["text"]):
            yield f"{name}: nothing about {argument}"
        elif not section["types"] and not re.search(with_type, " ".join(section["text"].split())):
            yield f"{name}: no type of {argument}"
    if re.search(r"raise_(?:compiler|setting)_error\(", body) and "Errors:" not in said:
        yield f"{name}: no errors"


def without_values(arguments: str) -> str:
    """The names of arguments, their default values without what looks like further names."""
    return re.sub(r"'[^']*'|\[[^]]*\]|{[^}]*}", "x", arguments)


def test_every_macro_says_what_it_does_with_what():
    begun, described, versions, unsaid = 0, [], [], []
    for path in sorted([*PROJECT.glob("macros/**/*.sql"), *PROJECT.glob("tests/generic/*.sql")]):
        text = path.read_text()
        begun += len(re.findall(r"{%-?\s*(?:macro|test)\s", text))
        for macro in MACRO.finditer(text):
            if version := VERSION.fullmatch(macro["name"]):
                versions.append(version[1])
                continue
            described.append(macro["name"])
            unsaid += [
                f"{path.name}: {sentence}"
                for sentence in undescribed(
                    *macro.group("name", "arguments", "body"), text[: macro.start()]
                )
            ]
    assert len(described) + len(versions) == begun > 400
    assert unsaid == []
    assert set(versions) <= set(described)


@pytest.mark.parametrize(
    ("text", "unsaid"),
    [
        ("{# Says. Arguments: a (SQL); b, c (numbers). #}", []),
        ("{# Says. Arguments (SQL): a; b; c. #}", []),
        ("", ["m: no comment"]),
        ("{# Of a file. #}\n{% set x = 1 %}", ["m: no comment"]),
        ("{# Says a, b and c. #}", [f"m: nothing about {name}" for name in "abc"]),
        ("{# Says. Arguments: a (SQL); b. #}", ["m: no type of b", "m: nothing about c"]),
        ("{# Says. Arguments: a, b (SQL).\nReturns: c (SQL). #}", ["m: nothing about c"]),
    ],
)
def test_a_macro_that_says_too_little_is_found(text, unsaid):
    macro = "{% macro m(a, b='x, y', c=[1, d]) -%}\n{%- endmacro %}"
    found = MACRO.search(macro)
    assert list(undescribed(*found.group("name", "arguments", "body"), text + "\n")) == unsaid


def test_every_setting_has_a_comment_a_line_in_the_readme_and_a_rule():
    text = (PROJECT / "dbt_project.yml").read_text()
    settings = yaml.safe_load(re.sub(r'"{{.*?}}"', "x", text))["vars"]["segment_experiments"]
    readme = (PROJECT / "README.md").read_text()
    rules = (PROJECT / "macros/settings/setting.sql").read_text()
    assert "metrics" in settings
    assert [name for name in settings if f"`{name}`" not in readme] == []
    assert [name for name in settings if f"'{name}': {{'kind'" not in rules] == []


def test_every_link_leads_somewhere():
    broken, checked = [], 0
    pages = ["*.md", "llms.txt", "docs/*.md", "*/README.md"]
    for page in [path for pattern in pages for path in PROJECT.glob(pattern)]:
        for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text()):
            if "://" not in target:
                checked += 1
                broken += [] if (page.parent / target).exists() else [f"{page.name}: {target}"]
    assert checked > 20
    assert broken == []


def test_every_check_has_a_row_on_the_page_about_wrong_results():
    page = (PROJECT / "docs" / "wrong-results.md").read_text()
    first_cells = [line.split("|")[1] for line in page.splitlines() if line.startswith("| ")]
    shown = {name for cell in first_cells for name in re.findall(r"\w+(?:&lt;\w+&gt;)?", cell)}
    audits = (PROJECT / "macros/audits/tracking_checks.sql").read_text()
    health = (PROJECT / "models/health/experiment_health.sql").read_text()
    checks = {
        *re.findall(r"^        '(\w+)': \{", audits, re.MULTILINE),
        *re.findall(r"\('(sample_ratio_\w+)', '\w+'\)", health),
        *re.findall(r"^            '(\w+)', '(?:fail|warn)'", health, re.MULTILINE),
        *("sample_ratio_mismatch_by_day", "sample_ratio_mismatch_by_&lt;dimension&gt;"),
    }
    assert len(checks) > 55
    assert shown - {"row"} == checks
