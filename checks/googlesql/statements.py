"""Takes a statement apart, by the tree of Google's own parser.

What is needed to carry it out comes as pieces of its very text; a clause that nobody carries out is
refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from analyzer import GoogleSql, SqlError, messages

FALSE = ("false", "(false)")


@dataclass(frozen=True)
class Query:
    """`select ...`."""

    kind = "SELECT"


@dataclass(frozen=True)
class CreateSchema:
    """`create schema ...`."""

    dataset: str
    kind = "CREATE_SCHEMA"


@dataclass(frozen=True)
class CreateView:
    """`create or replace view ... as ...`."""

    target: str
    query: str
    kind = "CREATE_VIEW"


@dataclass(frozen=True)
class CreateTable:
    """`create or replace table ... as ...`."""

    target: str
    query: str
    columns: list[str]  # as listed before the query; none when they are not listed
    not_null: list[str]
    partition_field: str | None
    partition_unit: str
    cluster_by: list[str]
    kind = "CREATE_TABLE_AS_SELECT"


@dataclass(frozen=True)
class Insert:
    """`insert into ...`."""

    target: str
    kind = "INSERT"


@dataclass(frozen=True)
class Delete:
    """`delete from ... where ...`."""

    target: str
    alias: str
    condition: str
    kind = "DELETE"


@dataclass(frozen=True)
class Merge:
    """`merge into ... using ... on ...`, with an update of what matches, and an insert."""

    target: str
    target_alias: str
    source: str  # as it stands after `using`, alias included
    source_alias: str
    condition: str
    updates: list[tuple[str, str]]  # column, expression
    insert_columns: list[str]
    insert_values: list[str]
    kind = "MERGE"

    @property
    def matches_nothing(self) -> bool:
        """Whether the condition is the constant false, as of a merge that only inserts."""
        return self.condition.lower().replace(" ", "") in FALSE


@dataclass(frozen=True)
class AlterTable:
    """`alter table ... add column ..., drop column ...`."""

    target: str
    drops: list[str] = field(default_factory=list)
    adds: list[tuple[str, str]] = field(default_factory=list)
    kind = "ALTER_TABLE"


class Reader:
    """The text of one statement, by the places in its tree."""

    def __init__(self, sql: str) -> None:
        self.bytes = sql.encode()  # the parser counts bytes

    def text(self, start: int, end: int) -> str:
        """A piece of the statement."""
        return self.bytes[start:end].decode().strip()

    def of(self, node: Any) -> str:
        """The text of a node."""
        return self.text(*span(node))

    def after(self, keyword: str, start: int, end: int) -> str:
        """A piece of the statement that begins with a keyword, without it."""
        piece = self.text(start, end)
        if piece[: len(keyword)].lower() != keyword:
            raise SqlError(
                f"this statement is not carried out here: no {keyword!r} in {piece[:80]}"
            )
        return piece[len(keyword) :].strip()


def span(node: Any) -> tuple[int, int]:
    """Start and end of a node, in bytes."""
    for inner in messages(node):
        if inner.DESCRIPTOR.name == "ParseLocationRangeProto":
            return inner.start, inner.end
    raise SqlError("the parser does not say where a clause stands")


def identifiers(node: Any) -> list[str]:
    """The parts of the first path in a node, such as project, dataset and table."""
    for inner in messages(node):
        if inner.DESCRIPTOR.name == "ASTPathExpressionProto":
            return [part.id_string for part in inner.names]
    raise SqlError("this statement is not carried out here: it has no plain name")


def table(node: Any) -> str:
    """The full name of a table."""
    parts = [inner for part in identifiers(node) for inner in part.split(".")]
    if len(parts) != 3:
        raise SqlError(f"the name {'.'.join(parts)} is not project.dataset.table")
    return ".".join(parts)


def only(statement: Any, known: Sequence[str]) -> None:
    """Refuses a statement with clauses other than the known ones."""
    unknown = {name.name for name, _ in statement.ListFields()} - {"parent", *known}
    if unknown:
        raise SqlError(f"this statement is not carried out here: {sorted(unknown)}")


def found(tree: Any, kind: str) -> Any:
    """The first node of a kind, or None."""
    return next((node for node in messages(tree) if node.DESCRIPTOR.name == kind), None)


def read(engine: GoogleSql, sql: str) -> Any:
    """Takes a statement apart.

    Returns:
        One of the classes above.

    Raises:
        SqlError: the statement is of no kind that is carried out here.
    """
    node = statement_of(engine.parse(sql))
    kind = node.DESCRIPTOR.name
    if kind not in READERS:
        raise SqlError(f"this statement is not carried out here: {sql.strip()[:80]}")
    return READERS[kind](Reader(sql), node)


def statement_of(tree: Any) -> Any:
    """The statement itself: the parser wraps it in messages that stand for a choice of kinds."""
    while "node" in tree.DESCRIPTOR.oneofs_by_name:
        tree = getattr(tree, tree.WhichOneof("node"))
    return tree


def read_query(_: Reader, __: Any) -> Query:
    """Reads `select`."""
    return Query()


def read_schema(_: Reader, node: Any) -> CreateSchema:
    """Reads `create schema`."""
    return CreateSchema(identifiers(node.parent.name)[-1])


def replaces(node: Any) -> None:
    """Refuses a `create` that does not replace what is there."""
    if not node.parent.is_or_replace:
        raise SqlError("only `create or replace` is carried out here")


def read_view(reader: Reader, node: Any) -> CreateView:
    """Reads `create view`."""
    replaces(node.parent)
    return CreateView(table(node.parent.name), reader.of(node.parent.query))


def read_table(reader: Reader, node: Any) -> CreateTable:
    """Reads `create table`."""
    base = node.parent
    replaces(base)
    if not node.HasField("query"):
        raise SqlError("a table without a query is not made here")
    columns, not_null = [], []
    for element in base.table_element_list.elements:
        column = found(element, "ASTColumnDefinitionProto")
        if column is None:
            continue  # a key, which nobody enforces
        columns.append(column.name.id_string)
        if found(column.schema, "ASTNotNullColumnAttributeProto") is not None:
            not_null.append(column.name.id_string)
    field_name, unit = None, "DAY"
    if node.HasField("partition_by"):
        field_name = identifiers(node.partition_by)[-1]
        function = found(node.partition_by, "ASTFunctionCallProto")
        if function is not None:
            # Ranges of integers are not described: dbt then makes such a table anew.
            unit = reader.of(function.arguments[-1]).upper()
            named = identifiers(function.arguments[0])[-1]
            field_name = None if unit.startswith("GENERATE_ARRAY") else named
    clusters = [
        identifiers(expression)[-1] for expression in node.cluster_by.clustering_expressions
    ]
    return CreateTable(
        table(base.name), reader.of(node.query), columns, not_null, field_name, unit, clusters
    )


def read_insert(_: Reader, node: Any) -> Insert:
    """Reads `insert`."""
    known = ("target_path", "column_list", "query", "rows")
    only(node, (*known, "insert_mode", "deprecated_parse_progress"))
    return Insert(table(node.target_path))


def read_delete(reader: Reader, node: Any) -> Delete:
    """Reads `delete`."""
    only(node, ("target_path", "alias", "where"))
    name = table(node.target_path)
    alias = node.alias.identifier.id_string if node.HasField("alias") else name.rpartition(".")[2]
    end = span(node.alias if node.HasField("alias") else node.target_path)[1]
    return Delete(name, alias, reader.after("where", end, span(node)[1]))


def read_merge(reader: Reader, node: Any) -> Merge:
    """Reads `merge`."""
    only(node, ("target_path", "alias", "table_expression", "merge_condition", "when_clauses"))
    source_alias = found(node.table_expression, "ASTAliasProto")
    if not node.HasField("alias") or source_alias is None:
        raise SqlError("a merge is carried out only with aliases for both sides")
    start, end = span(node.table_expression)
    updates: list[tuple[str, str]] = []
    columns: list[str] = []
    values: list[str] = []
    clauses = node.when_clauses
    for clause in clauses.clause_list:
        head = " ".join(reader.of(clause).lower().split()[:3])
        if clause.HasField("search_condition"):
            raise SqlError("a merge with a condition after `when` is not carried out here")
        if head == "when matched then" and clause.action.HasField("update_item_list"):
            updates = read_updates(reader, clause.action.update_item_list)
        elif head == "when not matched" and clause.action.HasField("insert_row"):
            columns = [part.id_string for part in clause.action.insert_column_list.identifiers]
            values = [reader.of(value) for value in clause.action.insert_row.values]
        else:
            raise SqlError(f"this clause of a merge is not carried out here: {head}")
    return Merge(
        table(node.target_path),
        node.alias.identifier.id_string,
        reader.text(start, end),
        last_alias(node.table_expression),
        reader.after("on", end, span(clauses)[0]),
        updates,
        columns,
        values,
    )


def last_alias(expression: Any) -> str:
    """The alias of a table expression itself, not of what is inside."""
    aliases = [node for node in messages(expression) if node.DESCRIPTOR.name == "ASTAliasProto"]
    return max(aliases, key=span).identifier.id_string


def read_updates(reader: Reader, items: Any) -> list[tuple[str, str]]:
    """Reads `set column = expression, ...`."""
    updates = []
    for item in items.update_items:
        assigned = item.set_value
        path = identifiers(assigned.path)
        if len(path) != 1:
            raise SqlError("a merge that sets a field of a column is not carried out here")
        end = span(assigned)[1]
        updates.append((path[0], reader.after("=", span(assigned.path)[1], end)))
    return updates


def read_alter(reader: Reader, node: Any) -> AlterTable:
    """Reads `alter table`."""
    drops, adds = [], []
    for action in node.parent.action_list.actions:
        drop = found(action, "ASTDropColumnActionProto")
        add = found(action, "ASTAddColumnActionProto")
        if drop is not None:
            drops.append(drop.column_name.id_string)
        elif add is not None:
            column = add.column_definition
            adds.append((column.name.id_string, reader.of(column.schema)))
        else:
            raise SqlError(f"this change of a table is not carried out here: {reader.of(action)}")
    return AlterTable(table(node.parent.path), drops, adds)


READERS = {
    "ASTQueryStatementProto": read_query,
    "ASTCreateSchemaStatementProto": read_schema,
    "ASTCreateViewStatementProto": read_view,
    "ASTCreateTableStatementProto": read_table,
    "ASTInsertStatementProto": read_insert,
    "ASTDeleteStatementProto": read_delete,
    "ASTMergeStatementProto": read_merge,
    "ASTAlterTableStatementProto": read_alter,
}
