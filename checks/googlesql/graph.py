"""The nodes of a dbt manifest, in the order in which they are built."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Node = dict[str, Any]


def read_manifest(path: Path) -> dict[str, Any]:
    """Reads a manifest file."""
    return json.loads(path.read_text(encoding="utf-8"))


def relation(node: Node) -> tuple[str, str]:
    """Dataset and table of a node."""
    return node["schema"], node.get("alias") or node["name"]


def is_table(node: Node) -> bool:
    """Whether a node becomes a table or view of its own."""
    return (
        node["resource_type"] in ("model", "snapshot")
        and node["config"].get("materialized") != "ephemeral"
        and node.get("language", "sql") == "sql"
    )


def parents(node: Node) -> list[str]:
    """The ids of the nodes that a node reads."""
    return node.get("depends_on", {}).get("nodes", [])


def in_order(manifest: dict[str, Any]) -> Iterator[Node]:
    """Models and snapshots, parents first; then data tests; then analyses."""
    nodes = manifest["nodes"]
    done: set[str] = set()

    def visit(name: str) -> Iterator[Node]:
        if name in done or name not in nodes:
            return
        done.add(name)
        for parent in parents(nodes[name]):
            yield from visit(parent)
        if nodes[name]["resource_type"] in ("model", "snapshot"):
            yield nodes[name]

    for kinds in (("model", "snapshot"), ("test",), ("analysis",)):
        for name in sorted(n for n, node in nodes.items() if node["resource_type"] in kinds):
            if kinds[0] == "model":
                yield from visit(name)
            else:
                yield nodes[name]


def test_query(node: Node) -> str:
    """The query that dbt sends for a data test."""
    config = node["config"]
    failures = config.get("fail_calc") or "count(*)"
    limit = f"\nlimit {config['limit']}" if config.get("limit") else ""
    return (
        f"select {failures} as failures, {failures} {config.get('warn_if') or '!= 0'} as "
        f"should_warn, {failures} {config.get('error_if') or '!= 0'} as should_error from (\n"
        f"{node['compiled_code']}{limit}\n) as dbt_internal_test"
    )
