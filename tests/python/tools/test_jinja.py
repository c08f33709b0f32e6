"""The Jinja of the project means the same in dbt Core and in dbt 2, which has an engine of its own.

What differs is found in the syntax trees; `make test-fusion` runs both and compares the tables.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dbt_common.clients.jinja import get_environment
from jinja2 import nodes

from tests.python.harness.warehouse import PROJECT

CHANGES = {"append", "extend", "update", "setdefault", "pop", "insert", "clear"}
FOLDERS = ("macros", "models", "tests", "analyses")


def within(node: nodes.Node, kind: type[nodes.Node]) -> list[Any]:
    """A node and those below it, of one kind."""
    return [*([node] if isinstance(node, kind) else []), *node.find_all(kind)]


def names(node: nodes.Node) -> set[str]:
    """The names that an expression reads or writes."""
    return {name.name for name in within(node, nodes.Name)}


def root(node: nodes.Node) -> str | None:
    """The name before all dots and brackets."""
    while isinstance(node, nodes.Getattr | nodes.Getitem):
        node = node.node
    return node.name if isinstance(node, nodes.Name) else None


def changed(body: list[nodes.Node]) -> set[str | None]:
    """The names of what statements set or change in place."""
    found: set[str | None] = set()
    for statement in body:
        for assignment in within(statement, nodes.Assign):
            found |= {target.name for target in within(assignment.target, nodes.NSRef)}
            found |= names(assignment.target)
        for call in within(statement, nodes.Call):
            if isinstance(call.node, nodes.Getattr) and call.node.attr in CHANGES:
                found.add(root(call.node.node))
    return found - {None}


def faults(text: str) -> Iterator[str]:
    """What the two engines read in another way, with the line."""
    tree = get_environment().parse(text)
    for comparison in tree.find_all(nodes.Compare):
        if len(comparison.ops) > 1:
            yield f"line {comparison.lineno}: a < b < c"
    for loop in tree.find_all(nodes.For):
        touched = changed(loop.body) - names(loop.target)
        if loop.test is not None and names(loop.test) & touched:
            yield f"line {loop.lineno}: the condition of the loop reads what the loop changes"
        # A copy, or what is made of it, does not grow.
        if root(loop.iter) in touched:
            yield f"line {loop.lineno}: the list of the loop grows"


def files() -> list[Path]:
    """All files with Jinja that dbt reads."""
    return sorted(
        path for folder in FOLDERS for path in (PROJECT / folder).rglob("*.sql") if path.is_file()
    )


def test_both_engines_read_the_same():
    """No file has what they read in another way."""
    found = {
        str(path.relative_to(PROJECT)): list(faults(path.read_text(encoding="utf-8")))
        for path in files()
    }
    assert len(found) > 200
    assert {path: lines for path, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    "text",
    [
        "{% if 0 < x < 1 %}{% endif %}",
        "{% for _ in range(9) if state.x < 1 %}{% set state.x = 1 %}{% endfor %}",
        "{% for id in ids if id not in found %}{% do found.append(id) %}{% endfor %}",
        "{% for id in ids %}{% do ids.extend([id]) %}{% endfor %}",
        "{% for key in all.keys %}{% do all.keys.append(key) %}{% endfor %}",
    ],
)
def test_what_differs_is_found(text):
    """Each form once."""
    assert list(faults(text))


@pytest.mark.parametrize(
    "text",
    [
        "{% for id in ids if id not in known %}{% do found.append(id) %}{% endfor %}",
        "{% for metric in metrics if metric.x %}{% do metric.update({'x': 1}) %}{% endfor %}",
        "{% for name in columns.keys() | list %}{% do columns.pop(name) %}{% endfor %}",
    ],
)
def test_what_does_not_differ_is_not(text):
    """Conditions and lists that stay as they are, and copies."""
    assert not list(faults(text))
