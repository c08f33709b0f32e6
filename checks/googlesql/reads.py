"""What a statement reads: tables, columns and partitions, by the tree of Google's own analyzer.

BigQuery bills a query the columns that it uses, in the partitions that constants leave over. A
column that nothing uses is followed no further down here, also through common table expressions. A
scan is limited to some partitions when a filter above it compares the partition column alone with
constants. Such a filter moves down through common table expressions, views, unions, inner joins and
groups; a window function or a limit stops it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from analyzer import GoogleSql, SqlError, messages
from google.protobuf import message
from statements import CreateTable, Delete, Insert, Merge, Query, statement_of

COMPARISONS = {
    *("$equal", "$in", "$less", "$less_or_equal", "$greater", "$greater_or_equal"),
    *("$between", "$is_null"),
}
# Scans that yield other rows when rows are taken from below them.
STOPS = {"ResolvedAnalyticScan", "ResolvedLimitOffsetScan", "ResolvedSampleScan"}
# Lists of columns of which those that nobody uses are not computed.
LISTS = {"expr_list", "aggregate_list", "projected_input_column_list"}
UNION_ALL = 0
# The sides of a join whose rows a filter above it leaves out, by the type of the join.
FILTERED_SIDES = {
    0: ("left_scan", "right_scan"),  # inner
    1: ("left_scan",),
    2: ("right_scan",),
    3: (),  # full
}


@dataclass
class Read:
    """Columns of one table that a statement reads; one that is read twice counts once.

    `whole` are those read in all partitions, `pruned` those read only where constants say.
    `rewritten` says in which partitions a `delete` or an updating `merge` reads every column:
    `pruned`, `whole`, or none (empty).
    """

    whole: set[str] = field(default_factory=set)
    pruned: set[str] = field(default_factory=set)
    rewritten: str = ""


def kind(node: Any) -> str:
    """What a node is."""
    return node.DESCRIPTOR.name.removesuffix("Proto")


def members(node: Any) -> Iterator[tuple[str, Any]]:
    """The nodes right inside a node and its base classes, with the names of their fields."""
    base = node
    while base is not None:
        node, base = base, None
        for descriptor, value in node.ListFields():
            if descriptor.name == "parent":
                base = value
            elif descriptor.message_type is None or descriptor.name in ("type", "signature"):
                continue
            elif not descriptor.message_type.GetOptions().map_entry:
                inside = [value] if isinstance(value, message.Message) else value
                yield from ((descriptor.name, statement_of(child)) for child in inside)


def scan_columns(scan: Any) -> Sequence[Any]:
    """The columns that a scan yields."""
    while "column_list" not in scan.DESCRIPTOR.fields_by_name:
        scan = scan.parent
    return scan.column_list


def ids(columns: Sequence[Any]) -> set[int]:
    """The ids of columns."""
    return {column.column_id for column in columns}


def referenced(node: Any) -> set[int]:
    """The ids of all columns that an expression names."""
    return {
        inner.column.column_id for inner in messages(node) if kind(inner) == "ResolvedColumnRef"
    }


# ------------------------------------------------------------- what a condition leaves out
class NoRow:
    """What bounds the columns of a condition that no row fulfils."""


def called(node: Any) -> tuple[str, list[Any]]:
    """The name and the arguments of an expression that calls a function; else nothing."""
    node = statement_of(node)
    if kind(node) != "ResolvedFunctionCall":
        return "", []
    name = node.parent.function.name.rpartition(":")[2].lower()
    return name, [statement_of(argument) for argument in node.parent.argument_list]


def bound_columns(condition: Any) -> set[int] | type[NoRow]:
    """The columns (ids) that a condition compares with constants, whatever else it says."""
    name, arguments = called(condition)
    if name in ("$and", "$or"):
        bounds = [bound_columns(argument) for argument in arguments]
        sets = [bound for bound in bounds if bound is not NoRow]
        if name == "$and":
            return set().union(*sets) if len(sets) == len(bounds) else NoRow
        return set.intersection(*sets) if sets else NoRow
    node = statement_of(condition)
    if kind(node) == "ResolvedLiteral":
        value = node.value.value
        return NoRow if value.HasField("bool_value") and not value.bool_value else set()
    columns = [side for side in arguments if kind(side) == "ResolvedColumnRef"]
    others = [side for side in arguments if kind(side) != "ResolvedColumnRef"]
    is_constant = all(
        kind(inner) not in ("ResolvedColumnRef", "ResolvedSubqueryExpr")
        for side in others
        for inner in messages(side)
    )
    if name in COMPARISONS and len(columns) == 1 and is_constant:
        return {columns[0].column.column_id}
    return set()


# ------------------------------------------------------------- statements
class Reads:
    """Collects what one statement reads.

    Args:
        engine: The tables, by which names are resolved.
        views: Full name of each view, and its query.
        partitions: Full name of each partitioned table, and its partition column.
    """

    def __init__(
        self, engine: GoogleSql, views: dict[str, str], partitions: dict[str, str]
    ) -> None:
        self.engine = engine
        self.views = views
        self.partitions = partitions
        self.reads: dict[str, Read] = {}

    def of(self, sql: str, parts: Any) -> dict[str, Read]:
        """What a statement reads, by table.

        Args:
            sql: The statement.
            parts: What `statements.read` says of it.
        """
        if not isinstance(parts, Query | Insert | CreateTable | Delete | Merge):
            return {}
        node = statement_of(self.engine.resolve(sql))
        for name, child in members(node):
            if name != "table_scan":  # the table that changes
                self.inside(child, {})
        if isinstance(parts, Delete | Merge):
            condition = node.where_expr if isinstance(parts, Delete) else node.merge_expr
            bound = bound_columns(condition)
            if bound is not NoRow:
                is_rewritten = isinstance(parts, Delete) or bool(parts.updates)
                columns = ids(scan_columns(node.table_scan))
                self.table(node.table_scan, bound, columns, is_rewritten)
        return {name: read for name, read in self.reads.items() if any(vars(read).values())}

    def inside(self, node: Any, queries: dict[str, Any]) -> None:
        """Adds what the queries inside a statement or an expression read."""
        if kind(node).endswith("Scan"):
            self.scan(node, set(), ids(scan_columns(node)), queries)
            return
        for _, child in members(node):
            self.inside(child, queries)

    def table(self, scan: Any, bound: set[int], wanted: set[int], rewritten: bool = False) -> None:
        """Adds the scan of one table, or what the view of that name reads."""
        columns = {column.column_id: column.name for column in scan_columns(scan)}
        names = {columns[column] for column in wanted if column in columns}
        bound_names = {columns[column] for column in bound if column in columns}
        name = self.full_name(scan.table)
        if name in self.views:
            self.view(name, bound_names, names)
            return
        read = self.reads.setdefault(name, Read())
        is_pruned = self.partitions.get(name) in bound_names
        (read.pruned if is_pruned else read.whole).update(names)
        read.pruned -= read.whole
        if rewritten:
            read.rewritten = "pruned" if is_pruned else "whole"

    def view(self, name: str, bound: set[str], wanted: set[str]) -> None:
        """Adds what some columns of a view read."""
        listed = ", ".join(f"`{column}`" for column in sorted(wanted | bound)) or "1 as one"
        sql = f"select {listed} from ({self.views[name]}\n)"
        node = statement_of(self.engine.resolve(sql))
        outputs = {output.name: output.column.column_id for output in node.output_column_list}
        below = {outputs[column] for column in bound}
        self.scan(statement_of(node.query), below, set(outputs.values()), {})

    def full_name(self, table: Any) -> str:
        """The full name of a table that a tree names."""
        known = table.full_name or table.name
        names = [name for name in self.engine.columns if f".{name}".endswith(f".{known}")]
        if len(names) != 1:
            raise SqlError(f"which table is {known}: {', '.join(names) or 'there is none'}")
        return names[0]

    # ------------------------------------------------------------- scans
    def scan(self, node: Any, bound: set[int], wanted: set[int], queries: dict[str, Any]) -> None:
        """Goes down from a scan.

        Args:
            node: The scan.
            bound: Ids of the columns that filters above compare with constants.
            wanted: Ids of the columns that are used above.
            queries: Each common table expression in scope, and what is in its own scope.
        """
        name = kind(node)
        if name == "ResolvedTableScan":
            self.table(node, bound, wanted)
        elif name == "ResolvedWithScan":
            known = dict(queries)
            for entry in node.with_entry_list:
                known[entry.with_query_name] = (statement_of(entry.with_subquery), dict(known))
            self.scan(statement_of(node.query), bound, wanted, known)
        elif name == "ResolvedWithRefScan":
            query, known = queries[node.with_query_name]
            pairs = [*zip(scan_columns(node), scan_columns(query), strict=True)]
            self.scan(query, below(pairs, bound), below(pairs, wanted), known)
        elif name == "ResolvedSetOperationScan":
            if node.op_type != UNION_ALL:  # it compares whole rows
                wanted = ids(scan_columns(node))
            for item in node.input_item_list:
                pairs = [*zip(scan_columns(node), item.output_column_list, strict=True)]
                inner = statement_of(item.scan)
                self.scan(inner, below(pairs, bound), below(pairs, wanted), queries)
        else:
            self.other(node, bound, wanted, queries)

    def other(self, node: Any, bound: set[int], wanted: set[int], queries: dict[str, Any]) -> None:
        """Goes down from a scan that hands on columns of its inputs under their own ids."""
        name = kind(node)
        bound, used = set(bound), set(wanted)
        if name in STOPS:
            bound = set()
        elif name == "ResolvedFilterScan":
            more = bound_columns(node.filter_expr)
            if more is NoRow:
                return
            bound |= more
        inputs = []
        for place, child in members(node):
            if kind(child).endswith("Scan"):
                inputs.append((place, child))
            elif kind(child) == "ResolvedComputedColumn":
                column, source = child.column.column_id, statement_of(child.expr)
                if place in LISTS and column not in wanted:
                    continue
                if column in bound and kind(source) == "ResolvedColumnRef":
                    bound.add(source.column.column_id)
                used |= referenced(child)
                self.inside(child, queries)
            else:
                used |= referenced(child)
                self.inside(child, queries)
        for place, child in inputs:
            is_filtered = name != "ResolvedJoinScan" or place in FILTERED_SIDES[node.join_type]
            self.scan(child, bound if is_filtered else set(), used, queries)


def below(pairs: list[tuple[Any, Any]], columns: set[int]) -> set[int]:
    """The ids that columns have below a scan, by pairs of a column and what it is below."""
    return {there.column_id for here, there in pairs if here.column_id in columns}
