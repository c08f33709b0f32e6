"""The files for BI tools are in step with the marts, and are what the tools read."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import lkml
import pytest

from tests.python.harness.demo import built_demo
from tests.python.harness.warehouse import PROJECT, Warehouse
from tests.python.tools.test_demo_project import ASKING

FOLDER = PROJECT / "examples" / "bi"
QUESTIONS = sorted((FOLDER / "metabase").glob("*.sql"))
EXPERIMENT = re.compile("experiment_id = ('[^']*')")


@pytest.fixture(scope="module")
def demo(tmp_path_factory) -> Warehouse:
    return built_demo(tmp_path_factory)


def columns_of(demo: Warehouse, table: str) -> set[str]:
    rows = demo.query(
        "select column_name from information_schema.columns "
        f"where table_schema = 'analytics' and table_name = '{table}'"
    )
    return {row["column_name"] for row in rows}


def test_the_files_are_what_the_script_writes(tmp_path):
    subprocess.run(
        [sys.executable, FOLDER / "write.py", "--out", tmp_path], cwd=PROJECT, check=True
    )
    written, there = (
        {path.relative_to(folder): path.read_text() for path in folder.glob("*/**/*.*")}
        for folder in (tmp_path, FOLDER)
    )
    assert len(written) > 40
    assert written == there


def test_looker_reads_a_view_of_each_mart_with_its_columns(demo):
    places = sorted((FOLDER / "looker" / "views").glob("*.lkml"))
    assert len(places) == 19
    for place in places:
        [view] = lkml.load(place.read_text())["views"]
        fields = [*view["dimensions"], *view.get("dimension_groups", [])]
        named = {name for one in fields for name in re.findall(r"\${TABLE}\.(\w+)", one["sql"])}
        assert named == columns_of(demo, view["name"])
        assert len({one["name"] for one in fields}) == len(fields)
        [key] = [one for one in fields if one.get("primary_key") == "yes"]
        grain = ", ".join(re.findall(r"\${TABLE}\.(\w+)", key["sql"]))
        doubled = f"select {grain} from {view['name']} group by all having count(*) > 1"
        assert demo.query(doubled) == []
    model = lkml.load((FOLDER / "looker" / "segment_experiments.model.lkml").read_text())
    assert {one["name"] for one in model["explores"]} == {
        place.name.split(".")[0] for place in places
    }
    [constant] = lkml.load((FOLDER / "looker" / "manifest.lkml").read_text())["constants"]
    assert constant["name"] == "segment_experiments_schema"


def test_dbt_reads_the_models_of_lightdash(tmp_path):
    project = tmp_path / "acme"
    shutil.copytree(FOLDER / "lightdash", project / "models")
    (project / "dbt_packages").mkdir()
    (project / "dbt_packages" / "segment_experiments").symlink_to(PROJECT)
    (project / "packages.yml").write_text(f"packages: [{{local: {PROJECT}}}]")
    (project / "dbt_project.yml").write_text("{name: acme, profile: acme}")
    (project / "profiles.yml").write_text(
        "acme: {target: a, outputs: {a: {type: duckdb, path: a.duckdb, schema: acme}}}"
    )
    command = [
        *(sys.executable, "-m", "dbt.cli.main", "--quiet", "--warn-error", "parse"),
        *("--project-dir", str(project), "--profiles-dir", str(project)),
    ]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    nodes = json.loads((project / "target" / "manifest.json").read_text())["nodes"]
    model = nodes["model.acme.lightdash_experiment_results"]
    assert model["columns"]["relative_lift"]["meta"] == {
        "dimension": {"type": "number", "format": "percent"}
    }


@pytest.mark.parametrize("place", QUESTIONS, ids=[place.stem for place in QUESTIONS])
def test_questions_for_metabase_have_answers(demo, place: Path):
    asked = EXPERIMENT.search((PROJECT / "analyses" / place.name).read_text())
    sql = place.read_text().replace("{{experiment_id}}", asked[1] if asked else "")
    assert "{{" not in sql
    rows = demo.query(re.sub(r"\b(from|join) experiments\.", r"\1 analytics.", sql))
    assert rows or place.stem in ASKING
