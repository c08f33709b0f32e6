"""Type-checks every compiled node of a dbt manifest with Google's own analyzer.

Models go first, parents before children, each against the columns that its parents yield; then
data tests and analyses. A model is checked as the statement that dbt makes of it in a first run
(`create or replace table ... partition by ... cluster by ... as`, or the view), a data test as the
query that counts its failures. A model with an enforced contract must yield its very columns. Other
than dbt, the check goes on after a failure, and finds all of them at once.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from analyzer import GoogleSql, OutputColumn, SqlError
from graph import Node, in_order, is_table, parents, read_manifest, relation, test_query
from tables import Catalog, read_catalog

EXCEPTIONS = Path(__file__).with_name("exceptions.yml")
LOCATION = re.compile(r"\[at (\d+):(\d+)\]")
RESULT = ("checked", "result")  # stands for the rows of the model that is being checked
SNAPSHOT_COLUMNS = [
    ("dbt_scd_id", "STRING"),
    ("dbt_updated_at", "TIMESTAMP"),
    ("dbt_valid_from", "TIMESTAMP"),
    ("dbt_valid_to", "TIMESTAMP"),
]


def quoted(node: Node) -> str:
    """A node's table as dbt writes it."""
    return f"`{node['database']}`.`{relation(node)[0]}`.`{relation(node)[1]}`"


def partition_expression(partition: dict[str, Any]) -> str:
    """What dbt-bigquery puts after `partition by`."""
    kind = partition.get("data_type", "date").lower()
    granularity = partition.get("granularity", "day").lower()
    column = partition["field"]
    if kind == "int64":
        bounds = partition["range"]
        limits = f"{bounds['start']}, {bounds['end']}, {bounds['interval']}"
        return f"range_bucket({column}, generate_array({limits}))"
    if kind == "date" and granularity == "day":
        return column
    return f"{kind}_trunc({column}, {granularity})"


def contract_columns(node: Node) -> list[str]:
    """A contract's columns and constraints, as `create table` lists them."""
    lines, keys = [], []
    for column in node["columns"].values():
        line = f"{column['name']} {column['data_type']}"
        for constraint in column.get("constraints") or []:
            if constraint["type"] == "not_null":
                line += " not null"
            elif constraint["type"] == "primary_key":
                keys.append(column["name"])
        lines.append(line)
    for constraint in node.get("constraints") or []:
        if constraint["type"] == "primary_key":
            keys.extend(constraint["columns"])
    return lines + ([f"primary key ({', '.join(keys)}) not enforced"] if keys else [])


def create_statement(node: Node, contract: str = "") -> str:
    """The statement with which dbt builds a model or snapshot for the first time.

    Args:
        node: The model.
        contract: A query of what the model yields. With it, the columns of the model's contract are
            listed and filled from that query; without it, no contract is heeded.
    """
    config, sql = node["config"], node["compiled_code"]
    if config.get("materialized") == "view":
        return f"create or replace view {quoted(node)} as {sql}"
    columns = ""
    if contract:
        columns = f" ({', '.join(contract_columns(node))})"
        names = ", ".join(column["name"] for column in node["columns"].values())
        sql = f"select {names} from ({contract}) as model_subq"
    partition, cluster = config.get("partition_by"), config.get("cluster_by")
    clauses = f"\npartition by {partition_expression(partition)}" if partition else ""
    if cluster:
        names = [cluster] if isinstance(cluster, str) else cluster
        clauses += f"\ncluster by {', '.join(names)}"
    return f"create or replace table {quoted(node)}{columns}{clauses} as (\n{sql}\n)"


class Checker:
    """Checks a manifest's nodes one by one and remembers what failed."""

    def __init__(self, engine: GoogleSql) -> None:
        self.engine = engine
        self.failures: dict[str, str] = {}
        self.broken: dict[str, str] = {}  # node id -> the node at whose failure it all began
        self.passed = 0

    def check(self, node: Node) -> None:
        """Checks one node; its table is known to the nodes after it."""
        name = node["name"]
        cause = next((self.broken[p] for p in parents(node) if p in self.broken), None)
        if cause:
            self.broken[node["unique_id"]] = cause
            self.failures[name] = f"not checked, because {cause} failed"
            return
        if not node.get("compiled_code"):
            self.fail(node, SqlError("has no compiled code"), "")
            return
        statement = node["compiled_code"]
        try:
            if node["config"].get("sql_header"):
                raise SqlError("sql_header makes a script of the model, which cannot be checked")
            if node["resource_type"] == "test":
                statement = test_query(node)
            elif is_table(node):
                statement = create_statement(node)
            columns = self.engine.analyze(statement)
            if is_table(node):
                self.check_contract(node, columns)
                self.engine.put_table(*RESULT, columns)
                statement = self.contract_statement(node)
                if statement:
                    self.engine.analyze(statement)
                self.register(node, columns)
            self.passed += 1
        except SqlError as error:
            self.fail(node, error, statement)
            self.recover(node)

    def contract_statement(self, node: Node) -> str:
        """The statement, if any, that takes a model's rows to its table by contract.

        It reads a stand-in with the columns that the model yields, because the analyzer needs
        seconds for a long model.
        """
        config = node["config"]
        enforced = config.get("contract", {}).get("enforced")
        if not enforced or config["materialized"] == "view":
            return ""
        stand_in = "select * from `{}`.`{}`.`{}`".format(self.engine.project, *RESULT)
        return create_statement(node, stand_in)

    def check_contract(self, node: Node, columns: Sequence[OutputColumn]) -> None:
        """Compares a query's columns with its model's contract."""
        if not node["config"].get("contract", {}).get("enforced"):
            return
        types = {column.name.lower(): column.type_name for column in columns}
        wrong = []
        for column in node["columns"].values():
            name, declared = column["name"], column.get("data_type")
            if not declared:
                wrong.append(f"{name} has no data_type")
                continue
            try:
                wanted = OutputColumn(name, self.engine.parse_type(declared)).type_name
            except SqlError as error:
                wrong.append(f"{name}: {LOCATION.sub('', str(error)).strip()}")
                continue
            got = types.pop(name.lower(), None)
            if got != wanted:
                wrong.append(f"{name} should be {wanted} and is {got or 'missing'}")
        wrong += [f"{name} ({kind}) is not in the contract" for name, kind in types.items()]
        if wrong:
            raise SqlError("contract: " + "; ".join(wrong))

    def register(self, node: Node, columns: Sequence[OutputColumn]) -> None:
        """Makes a node's table known."""
        dataset, name = relation(node)
        described = [(column.name, column.type_name) for column in columns]
        if node["resource_type"] == "snapshot":
            described += SNAPSHOT_COLUMNS
        self.engine.declare_table(dataset, name, described, node["database"])

    def fail(self, node: Node, error: SqlError, statement: str) -> None:
        """Remembers a failure, with the line of SQL where it lies."""
        message = str(error).strip()
        place = LOCATION.search(message)
        lines = statement.splitlines()
        if place and int(place[1]) <= len(lines):
            line = lines[int(place[1]) - 1].strip()
            above = statement.partition(node["compiled_code"])[0].count("\n")
            message = LOCATION.sub(f"[compiled line {int(place[1]) - above}]", message)
            message += f"\n    {line[:200]}"
        self.failures[node["name"]] = message
        self.broken[node["unique_id"]] = node["name"]

    def recover(self, node: Node) -> None:
        """Registers a failed node by the types in its YAML, for the nodes after it."""
        columns = node.get("columns", {}).values()
        if is_table(node) and columns and all(column.get("data_type") for column in columns):
            described = [(column["name"], column["data_type"]) for column in columns]
            try:
                self.engine.declare_table(*relation(node), described, node["database"])
            except SqlError:
                return  # a type that does not exist: nothing is known of this table
            self.broken.pop(node["unique_id"], None)


def typecheck(
    manifest: dict[str, Any], catalog: Catalog, exceptions: dict[str, str]
) -> tuple[Checker, list[str]]:
    """Checks a manifest.

    Args:
        manifest: A dbt manifest with compiled code.
        catalog: The raw tables.
        exceptions: Names of nodes that cannot be checked, with the reason.

    Returns:
        The checker with its failures, and the problems of the exceptions themselves.
    """
    checker = Checker(GoogleSql())
    for (dataset, name), columns in catalog.items():
        checker.engine.declare_table(dataset, name, columns)
    seen, needless = set(), []
    for node in in_order(manifest):
        if node["config"].get("materialized") == "ephemeral":
            continue  # its SQL is part of the models that use it
        checker.check(node)
        name = node["name"]
        if name in exceptions:
            seen.add(name)
            if name in checker.failures:
                checker.failures.pop(name)
            else:
                needless.append(f"exceptions.yml: {name} passes, so its exception is needless")
    needless += [
        f"exceptions.yml: there is no node {name}" for name in sorted(set(exceptions) - seen)
    ]
    return checker, needless


def main() -> int:
    """Type-checks a manifest from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--manifest", type=Path, required=True)
    parser.add_argument("--catalog", type=Path, required=True, help="the raw tables")
    parser.add_argument("--exceptions", type=Path, default=EXCEPTIONS)
    options = parser.parse_args()
    start = time.monotonic()
    exceptions = yaml.safe_load(options.exceptions.read_text(encoding="utf-8")) or {}
    checker, needless = typecheck(
        read_manifest(options.manifest),
        read_catalog(options.catalog),
        exceptions,
    )
    for name, message in checker.failures.items():
        print(f"FAIL {name}: {message}")
    for message in needless:
        print(f"FAIL {message}")
    failed = len(checker.failures) + len(needless)
    seconds = time.monotonic() - start
    print(f"typecheck: {checker.passed} nodes ok, {failed} failed, {seconds:.1f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
