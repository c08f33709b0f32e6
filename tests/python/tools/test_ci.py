"""The workflows of CI run what `make test` and `make test-more` run: no proof gets lost."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.python.harness.warehouse import PROJECT

WORKFLOWS = PROJECT / ".github" / "workflows"
PROOF = re.compile(r"lint|test-[a-z-]+")


def makefile() -> dict[str, set[str]]:
    """Targets of the Makefile, each with those that it runs: its prerequisites, and by $(MAKE)."""
    text = (PROJECT / "Makefile").read_text().replace("\\\n", " ")
    variables = dict(re.findall(r"^(\w+) *[:?]?= *(.*)$", text, re.M))
    rules: dict[str, list[str]] = {}
    target = ""
    for line in text.splitlines():
        line = re.sub(r"\$\((\w+)\)", lambda name: variables.get(name[1], name[0]), line)
        if line.startswith("\t"):
            if "$(MAKE)" in line and target:
                rules[target] += line.split()
        elif line and not line.startswith("#"):
            rule = re.match(r"([a-z-]+):(?!=)([^=]*)$", line.split("##")[0].rstrip())
            target = rule[1] if rule else ""
            if rule:
                rules.setdefault(target, []).extend(rule[2].split())
    return {target: set(words) & rules.keys() for target, words in rules.items()}


def all_of(targets: set[str]) -> set[str]:
    """Targets, and all that they run."""
    rules, found = makefile(), set()
    todo = set(targets)
    while todo:
        found |= todo
        todo = set().union(*(rules.get(target, set()) for target in todo)) - found
    return found


def workflow(name: str) -> dict[str, Any]:
    # YAML 1.1 reads the key `on` as true.
    return yaml.safe_load((WORKFLOWS / name).read_text())


def commands(name: str) -> list[list[str]]:
    """Words of each `make` of a workflow, those of the matrix among them."""
    lines = []
    for job in workflow(name)["jobs"].values():
        for entry in job.get("strategy", {}).get("matrix", {}).get("include", [{}]):
            for step in job["steps"]:
                line = step.get("run", "").replace("${{ matrix.run }}", entry.get("run", ""))
                lines += line.splitlines()
    return [shlex.split(line)[1:] for line in lines if line.startswith("make ")]


def targets_of(words: list[str]) -> set[str]:
    return {word for word in words if re.fullmatch(r"[a-z][a-z-]*", word)}


def folders_of(words: list[str]) -> set[str]:
    """Folders of tests that a `make test-python` runs; without TESTS all of them."""
    if "test-python" not in words:
        return set()
    given = [word.removeprefix("TESTS=") for word in words if word.startswith("TESTS=")]
    return set(given[-1].split()) if given else {"tests/python"}


def test_the_makefile_is_understood():
    proofs = all_of({"test"})
    assert {"lint", "test-dbt", "test-python", "test-bigquery", "setup"} <= proofs
    assert "demo" not in proofs


def test_each_proof_is_in_a_job():
    proofs = all_of({"test", "test-more"}) - {"test-more"}
    wanted = {target for target in proofs if PROOF.fullmatch(target)}
    workflows = commands("test.yml") + commands("nightly.yml")
    assert wanted - all_of(set().union(*map(targets_of, workflows))) == set()
    assert {target for target in makefile() if PROOF.fullmatch(target)} - proofs == {"test-more"}


def test_each_folder_of_tests_is_in_a_job():
    folders = set().union(*map(folders_of, commands("test.yml")))
    files = list(Path(PROJECT, "tests", "python").rglob("test_*.py"))
    assert len(files) > 20
    forgotten = {
        str(file.relative_to(PROJECT).parent)
        for file in files
        if not folders & {str(parent) for parent in file.relative_to(PROJECT).parents}
    }
    assert forgotten == set()
    assert {folder for folder in folders if not Path(PROJECT, folder).is_dir()} == set()


@pytest.mark.parametrize("name", [path.name for path in WORKFLOWS.glob("*.yml")])
def test_each_target_of_a_workflow_is_in_the_makefile(name):
    targets = set().union(*map(targets_of, commands(name)))
    assert targets
    assert targets - makefile().keys() == set()


def test_the_last_job_waits_for_every_other_one():
    jobs = workflow("test.yml")["jobs"]
    last = jobs.pop("all")
    assert set(last["needs"]) == jobs.keys()
    assert last["if"] == "always()"
    [step] = last["steps"]
    for job in jobs:
        assert f"needs.{job}.result" in step["run"]


def test_larger_worlds_are_tested_every_night():
    assert ["test-worlds"] in commands("nightly.yml")
    assert workflow("nightly.yml")[True].keys() == {"schedule", "workflow_dispatch"}
