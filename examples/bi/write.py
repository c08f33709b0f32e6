"""Writes the files of this folder from the YAML of the marts and from `analyses/`.

    .venv/bin/python examples/bi/write.py

Looker gets a view per mart and an explore, Lightdash a model per mart with its meta tags, Metabase
the questions of `analyses/` as SQL.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from dbt.cli.main import dbtRunner

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parents[1]
SCHEMA = "experiments"
KINDS = {
    **dict.fromkeys(("string", "text"), "string"),
    **dict.fromkeys(("int64", "double precision"), "number"),
    "bool": "yesno",
    "timestamp": "time",
    "date": "date",
}
SHARES = re.compile(
    r"relative_lift|relative_interval|guardrail_(?:bound|margin)|^(?:share|progress)$|rate"
    r"|sequential_relative|minimum_detectable_effect"
)
COMMENT = re.compile(r"{#-?(.*?)-?#}\s*", re.DOTALL)
CONFIG = re.compile(r"{{ config\(.*?\) }}\s*", re.DOTALL)
REFERENCE = re.compile(r"{{ ref\('segment_experiments', '(\w+)'\) }}")
EXPERIMENT = re.compile(r"(experiment_id = )'[^']*'")
HEAD = "Written by write.py from the YAML of the marts."


@dataclass(frozen=True)
class Column:
    """A column of a mart: its name, what it is (a value of KINDS), and its description."""

    name: str
    kind: str
    description: str

    @property
    def is_share(self) -> bool:
        """Whether the number is a share or a relative effect, which people read as percent."""
        return self.kind == "number" and bool(SHARES.search(self.name))


@dataclass(frozen=True)
class Mart:
    """A mart: the name of its model, of its table, its grain and its columns."""

    model: str
    name: str
    description: str
    grain: list[str] = field(default_factory=list)
    columns: list[Column] = field(default_factory=list)

    def has(self, column: str) -> bool:
        """Whether there is such a column."""
        return any(one.name == column for one in self.columns)


def marts() -> list[Mart]:
    """The public models of this project, as dbt reads them, by name.

    Raises:
        RuntimeError: dbt cannot read the project.
    """
    parsed = dbtRunner().invoke(
        [
            *("--quiet", "--log-level-file", "none", "parse", "--no-partial-parse"),
            *("--no-write-json", "--target", "duckdb", "--project-dir", str(PROJECT)),
            *("--profiles-dir", str(PROJECT)),
        ]
    )
    if not parsed.success:
        raise RuntimeError(f"dbt cannot read the project: {parsed.exception}")
    nodes = parsed.result.nodes.values()
    grains = {}
    for node in nodes:
        tested = getattr(node, "test_metadata", None)
        if tested and tested.name == "unique_combination_of_columns":
            grains[node.attached_node] = tested.kwargs["combination_of_columns"]
        elif tested and tested.name == "unique":
            grains.setdefault(node.attached_node, [node.column_name])
    found = [
        Mart(
            node.name,
            node.alias,
            one_line(node.description),
            grains.get(node.unique_id, []),
            [
                Column(name, KINDS[column.data_type], one_line(column.description))
                for name, column in node.columns.items()
            ],
        )
        for node in nodes
        if node.resource_type == "model" and node.access == "public"
    ]
    return sorted(found, key=lambda mart: mart.name)


def one_line(text: str) -> str:
    """A text without line breaks and quotation marks, which end a text in LookML."""
    return " ".join(text.replace('"', "'").split())


# ------------------------------------------------------------- Looker
def looker_column(column: Column) -> Iterator[str]:
    """A dimension of a view."""
    sql = f"    sql: ${{TABLE}}.{column.name} ;;"
    described = f'    description: "{column.description}"'
    if column.kind in ("time", "date"):
        yield f"  dimension_group: {column.name.removesuffix('_at')} {{"
        frames = ["raw", "time", "date", "week", "month"]
        yield "    type: time"
        if column.kind == "date":
            frames.remove("time")
            yield from ("    datatype: date", "    convert_tz: no")
        yield f"    timeframes: [{', '.join(frames)}]"
    else:
        yield f"  dimension: {column.name} {{"
        yield f"    type: {column.kind}"
        if column.is_share:
            yield "    value_format_name: percent_2"
    yield from (described, sql, "  }")


def looker_view(mart: Mart) -> str:
    """A view of a mart."""
    lines = [f"# {HEAD}", f"view: {mart.name} {{"]
    lines += [f"  sql_table_name: @{{segment_experiments_schema}}.{mart.name} ;;", ""]
    parts = ", '|', ".join(
        f"COALESCE(CAST(${{TABLE}}.{name} AS STRING), '')" for name in mart.grain
    )
    lines += ["  dimension: primary_key {", "    primary_key: yes", "    hidden: yes"]
    lines += ["    type: string", f"    sql: CONCAT({parts}) ;;", "  }"]
    for column in mart.columns:
        lines += ["", *looker_column(column)]
    lines += ["", "  measure: count {", "    type: count", "  }"]
    if mart.has("user_key"):
        lines += ["", "  measure: distinct_users {", "    type: count_distinct"]
        lines += ["    sql: ${TABLE}.user_key ;;", "  }"]
    return "\n".join([*lines, "}", ""])


def looker_model(all_marts: list[Mart]) -> str:
    """The model: an explore per mart, with its experiment where it has one.

    Two marts in one explore would multiply each other's rows.
    """
    lines = [f"# {HEAD}", 'connection: "warehouse"', "", 'include: "/views/*.view.lkml"']
    for mart in all_marts:
        lines += ["", f"explore: {mart.name} {{"]
        if mart.name != "experiments" and mart.has("experiment_id"):
            on = f"${{{mart.name}.experiment_id}} = ${{experiments.experiment_id}}"
            lines += ["  join: experiments {", "    type: left_outer"]
            lines += ["    relationship: many_to_one", f"    sql_on: {on} ;;", "  }"]
        lines += ["}"]
    return "\n".join([*lines, ""])


def looker_manifest() -> str:
    """The constant that says where the marts are."""
    return "\n".join(
        [
            f"# {HEAD}",
            "constant: segment_experiments_schema {",
            f'  value: "{SCHEMA}"',
            "  export: override_required",
            "}",
            "",
        ]
    )


# ------------------------------------------------------------- Lightdash
class Indented(yaml.SafeDumper):
    """YAML whose lists are indented, as elsewhere in this project."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Indent lists, too."""
        super().increase_indent(flow, False)


def lightdash_model(mart: Mart) -> str:
    """A model that Lightdash reads; one of a package has no meta tags of the project's own."""
    return f"-- {HEAD}\nselect * from {{{{ ref('segment_experiments', '{mart.model}') }}}}\n"


def lightdash_column(column: Column) -> dict[str, Any]:
    """A column with its meta tags."""
    kinds = {"yesno": "boolean", "time": "timestamp"}
    dimension: dict[str, Any] = {"type": kinds.get(column.kind, column.kind)}
    if column.is_share:
        dimension["format"] = "percent"
    meta: dict[str, Any] = {"dimension": dimension}
    if column.name in ("user_key", "experiment_id"):
        name = {"user_key": "distinct_users", "experiment_id": "distinct_experiments"}[column.name]
        meta["metrics"] = {name: {"type": "count_distinct"}}
    return {"name": column.name, "description": column.description, "meta": meta}


def lightdash_yaml(all_marts: list[Mart]) -> str:
    """The YAML of the models."""
    models = [
        {
            "name": f"lightdash_{mart.name}",
            "description": mart.description,
            "meta": {"label": mart.name.replace("_", " ").capitalize()},
            "columns": [lightdash_column(column) for column in mart.columns],
        }
        for mart in all_marts
    ]
    text = yaml.dump(
        {"models": models}, Dumper=Indented, sort_keys=False, width=100, allow_unicode=True
    )
    return f"# {HEAD}\n{text}"


# ------------------------------------------------------------- Metabase
def metabase_question(text: str, names: dict[str, str]) -> str | None:
    """A query of `analyses/` as Metabase takes it; None for one that is made by more of dbt.

    Args:
        text: of the file.
        names: of tables, by the names of models.
    """
    [comment, *_] = COMMENT.findall(text)
    sql = REFERENCE.sub(
        lambda found: f"{SCHEMA}.{names[found[1]]}", CONFIG.sub("", COMMENT.sub("", text))
    )
    if "{{" in sql or "{%" in sql:
        return None
    lines = [f"-- {line.strip()}" for line in comment.strip().splitlines()]
    return "\n".join([*lines, EXPERIMENT.sub(r"\1{{experiment_id}}", sql).strip(), ""])


def files() -> dict[Path, str]:
    """All files that are written, by their place in this folder."""
    all_marts = marts()
    written = {
        Path("looker/manifest.lkml"): looker_manifest(),
        Path("looker/segment_experiments.model.lkml"): looker_model(all_marts),
        Path("lightdash/lightdash.yml"): lightdash_yaml(all_marts),
    }
    for mart in all_marts:
        written[Path(f"looker/views/{mart.name}.view.lkml")] = looker_view(mart)
        written[Path(f"lightdash/lightdash_{mart.name}.sql")] = lightdash_model(mart)
    names = {mart.model: mart.name for mart in all_marts}
    for analysis in sorted((PROJECT / "analyses").glob("*.sql")):
        question = metabase_question(analysis.read_text(encoding="utf-8"), names)
        if question is not None:
            written[Path(f"metabase/{analysis.name}")] = question
    return written


def main() -> None:
    """Write the files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=HERE, help="folder (default: this one)")
    out = parser.parse_args().out
    for place, text in files().items():
        (out / place).parent.mkdir(parents=True, exist_ok=True)
        (out / place).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
