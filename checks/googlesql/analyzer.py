"""GoogleSQL, configured like BigQuery: Google's analyzer and its reference engine.

Both come as one WebAssembly module in the package `zetasql`. Compiling it takes ten seconds or
more, so the machine code is kept in a cache folder: `.cache/googlesql` under the project, or the
folder that the environment variable GOOGLESQL_CACHE names.
"""

from __future__ import annotations

import contextlib
import ctypes
import datetime as dt
import hashlib
import os
import platform
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path
from typing import Any

from google._upb import _message as upb
from google.protobuf import message
from tables import UTC, Table, as_utc
from wasmtime import Config, Engine, Linker, Module, Store, Trap, WasiConfig, WasmtimeError
from zetasql.core.exceptions import ServerError, ZetaSQLError
from zetasql.core.wasm_client import WasmClient, get_tzinfo_dir
from zetasql.wasi import get_wasm_path
from zetasql.wasi._pb2.zetasql.local_service import local_service_pb2
from zetasql.wasi._pb2.zetasql.proto import options_pb2, simple_catalog_pb2
from zetasql.wasi._pb2.zetasql.public import simple_table_pb2

CACHE_VARIABLE = "GOOGLESQL_CACHE"
DEFAULT_CACHE = Path(__file__).resolve().parents[2] / ".cache" / "googlesql"

# What BigQuery documents. What it does not have stays off, and so does what this project has no
# use for, because a feature that is off can only make the check stricter.
# CONCAT_MIXED_TYPES stays off on purpose: BigQuery takes `concat('a', 1)` but not `'a' || 1`, and
# the one feature opens both.
FEATURES = """
ADDITIONAL_STRING_FUNCTIONS ALLOW_DASHES_IN_TABLE_NAME ALLOW_REGEXP_EXTRACT_OPTIONALS
ANALYTIC_FUNCTIONS ANNOTATION_FRAMEWORK BIGNUMERIC_TYPE CAST_DIFFERENT_ARRAY_TYPES CBRT_FUNCTIONS
CIVIL_TIME CREATE_TABLE_AS_SELECT_COLUMN_LIST CREATE_TABLE_CLUSTER_BY CREATE_TABLE_NOT_NULL
CREATE_TABLE_PARTITION_BY CREATE_VIEW_WITH_COLUMN_LIST CREATE_VIEWS_WITH_COLUMN_OPTIONS
DATE_ARITHMETICS DATE_TIME_CONSTRUCTORS DECIMAL_ALIAS DISABLE_ARRAY_MIN_AND_MAX
DISABLE_ARRAY_SUM_AND_AVG DISABLE_FLOAT32 DML_UPDATE_WITH_JOIN
ENABLE_CONSTANT_EXPRESSION_IN_JSON_PATH EXTENDED_DATE_TIME_SIGNATURES FOREIGN_KEYS FORMAT_IN_CAST
FOR_SYSTEM_TIME_AS_OF GEOGRAPHY GROUP_BY_ALL GROUP_BY_ARRAY GROUP_BY_ROLLUP GROUP_BY_STRUCT
GROUPING_BUILTIN GROUPING_SETS HAVING_IN_AGGREGATE INTERVAL_TYPE INVERSE_TRIG_FUNCTIONS IS_DISTINCT
JSON_ARRAY_FUNCTIONS JSON_ARRAY_VALUE_EXTRACTION_FUNCTIONS JSON_CONSTRUCTOR_FUNCTIONS
JSON_LAX_VALUE_EXTRACTION_FUNCTIONS JSON_STRICT_NUMBER_PARSING JSON_TYPE
JSON_VALUE_EXTRACTION_FUNCTIONS LIKE_ANY_SOME_ALL LIMIT_IN_AGGREGATE NAMED_ARGUMENTS
NULLS_FIRST_LAST_IN_ORDER_BY NULL_HANDLING_MODIFIER_IN_AGGREGATE
NULL_HANDLING_MODIFIER_IN_ANALYTIC NUMERIC_TYPE OMIT_INSERT_COLUMN_LIST ORDER_BY_COLLATE
ORDER_BY_IN_AGGREGATE PARAMETERIZED_TYPES PIVOT QUALIFY RANGE_TYPE REPEAT ROUND_WITH_ROUNDING_MODE
SAFE_FUNCTION_CALL SELECT_STAR_EXCEPT_REPLACE TABLESAMPLE TABLE_VALUED_FUNCTIONS TEMPLATE_FUNCTIONS
TIME_BUCKET_FUNCTIONS UNENFORCED_PRIMARY_KEYS UNPIVOT WEEK_WITH_WEEKDAY WITH_ON_SUBQUERY
WITH_RECURSIVE
"""
STATEMENTS = (
    "QUERY",
    "ALTER_TABLE",
    "CREATE_SCHEMA",
    "CREATE_TABLE",
    "CREATE_TABLE_AS_SELECT",
    "CREATE_VIEW",
    "INSERT",
    "UPDATE",
    "DELETE",
    "MERGE",
)

TYPE_NAMES = {
    "TYPE_INT64": "INT64",
    "TYPE_DOUBLE": "FLOAT64",
    "TYPE_BOOL": "BOOL",
    "TYPE_STRING": "STRING",
    "TYPE_BYTES": "BYTES",
    "TYPE_DATE": "DATE",
    "TYPE_DATETIME": "DATETIME",
    "TYPE_TIME": "TIME",
    "TYPE_TIMESTAMP": "TIMESTAMP",
    "TYPE_NUMERIC": "NUMERIC",
    "TYPE_BIGNUMERIC": "BIGNUMERIC",
    "TYPE_JSON": "JSON",
    "TYPE_INTERVAL": "INTERVAL",
    "TYPE_GEOGRAPHY": "GEOGRAPHY",
}
INT64_ALIASES = ("INT", "SMALLINT", "INTEGER", "BIGINT", "TINYINT", "BYTEINT")
CLUSTER_TYPES = {
    "BIGNUMERIC",
    "BOOL",
    "DATE",
    "DATETIME",
    "GEOGRAPHY",
    "INT64",
    "NUMERIC",
    "STRING",
    "TIMESTAMP",
}
PARTITION_FUNCTIONS = {
    "date": {"TIMESTAMP", "DATETIME"},
    "date_trunc": {"DATE"},
    "datetime_trunc": {"DATETIME"},
    "timestamp_trunc": {"TIMESTAMP"},
    "range_bucket": {"INT64"},
}
# Functions of the library that BigQuery does not document.
UNKNOWN_FUNCTIONS = """
apply approx_cosine_distance approx_dot_product approx_euclidean_distance array_filter
array_first_n array_includes array_includes_all array_includes_any array_is_distinct array_last_n
array_remove_first_n array_remove_last_n array_transform bool_array dot_product elementwise_avg
elementwise_sum flatten float64_array iferror int64_array is_first is_last iserror l1_norm l2_norm
lax_bool_array lax_float64_array lax_int64_array lax_string_array manhattan_distance nulliferror
regexp_extract_groups safe_to_json split_substr string_array timestamp_from_unix_micros
timestamp_from_unix_millis timestamp_from_unix_seconds to_seconds_interval zstd_compress
zstd_decompress_to_bytes zstd_decompress_to_string
"""
COLUMN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,299}")
RESERVED_PREFIXES = (
    "_table_",
    "_file_",
    "_partition",
    "_row_timestamp",
    "__root__",
    "_colidentifier",
)
EPOCH_DATE = dt.date(1970, 1, 1)
EPOCH = dt.datetime(1970, 1, 1, tzinfo=UTC)


# A resolved query nests deeper than the hundred levels that protobuf reads by default.
upb.SetAllowOversizeProtos(True)


class SqlError(Exception):
    """A statement that BigQuery would refuse, or that the reference engine failed to run."""


@dataclass(frozen=True)
class OutputColumn:
    """A column that a statement yields."""

    name: str
    type: Any

    @property
    def type_name(self) -> str:
        """The type as BigQuery writes it."""
        return type_name(self.type)


def type_name(kind: Any) -> str:
    """A type message as BigQuery writes it, such as `ARRAY<STRUCT<a INT64, b STRING>>`."""
    enum = type(kind).DESCRIPTOR.fields_by_name["type_kind"].enum_type
    name = enum.values_by_number[kind.type_kind].name
    if name == "TYPE_ARRAY":
        return f"ARRAY<{type_name(kind.array_type.element_type)}>"
    if name == "TYPE_STRUCT":
        fields = kind.struct_type.field
        inside = ", ".join(f"{f.field_name} {type_name(f.field_type)}".strip() for f in fields)
        return f"STRUCT<{inside}>"
    if name == "TYPE_RANGE":
        return f"RANGE<{type_name(kind.range_type.element_type)}>"
    if name not in TYPE_NAMES:
        raise SqlError(f"BigQuery has no type {name}")
    return TYPE_NAMES[name]


def wasm_module(engine: Engine, wasm_path: str) -> Module:
    """The compiled module, from the cache folder when it is there."""
    folder = Path(os.environ.get(CACHE_VARIABLE) or DEFAULT_CACHE)
    with Path(wasm_path).open("rb") as handle:
        digest = hashlib.file_digest(handle, "sha256").hexdigest()[:16]
    key = f"{digest}-wasmtime{version('wasmtime')}-{platform.system()}-{platform.machine()}".lower()
    path = folder / f"{key}.cwasm"
    if path.exists():
        with contextlib.suppress(Exception):  # of another processor or half written: compile anew
            return Module.deserialize_file(engine, str(path))
    module = Module.from_file(engine, wasm_path)
    with contextlib.suppress(OSError):  # a read-only project still works, only slower
        folder.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(f".{os.getpid()}")
        partial.write_bytes(bytes(module.serialize()))
        partial.replace(path)
    return module


class Client(WasmClient):
    """The package's client with a compile cache and with memory copied in blocks, not bytes."""

    def __init__(self) -> None:  # replaces the parent's, which always compiles
        wasi = WasiConfig()
        wasi.inherit_stdout()
        wasi.inherit_stderr()
        zones = get_tzinfo_dir()
        if zones is None:
            raise RuntimeError("the package tzdata is missing: time zones would not work")
        wasi.preopen_dir(zones, "/usr/share/zoneinfo")
        config = Config()
        with contextlib.suppress(AttributeError):
            config.shared_memory = True
        engine = Engine(config)
        self.store = Store(engine)
        self.store.set_wasi(wasi)
        self.module = wasm_module(engine, get_wasm_path())
        linker = Linker(engine)
        linker.define_wasi()
        self.instance = linker.instantiate(self.store, self.module)
        self.exports = self.instance.exports(self.store)
        with contextlib.suppress(KeyError):
            self.exports["_initialize"](self.store)
        self.memory = self.exports["memory"]

    def _address(self, pointer: int) -> int:
        base = ctypes.addressof(self.memory.data_ptr().contents)
        return base + (pointer & 0xFFFFFFFF)

    def read_bytes(self, ptr: int, size: int) -> bytes:
        """Reads bytes of the module's memory."""
        return ctypes.string_at(self._address(ptr), size)

    def write_bytes(self, ptr: int, data: bytes) -> None:
        """Writes bytes to the module's memory."""
        ctypes.memmove(self._address(ptr), data, len(data))


def analyzer_options() -> options_pb2.AnalyzerOptionsProto:
    """The options under which GoogleSQL behaves like BigQuery."""
    fields = options_pb2.LanguageOptionsProto.DESCRIPTOR.fields_by_name
    feature = fields["enabled_language_features"].enum_type.values_by_name
    statement = fields["supported_statement_kinds"].enum_type.values_by_name
    product = fields["product_mode"].enum_type.values_by_name
    mode = options_pb2.AnalyzerOptionsProto.DESCRIPTOR.fields_by_name[
        "error_message_mode"
    ].enum_type
    options = options_pb2.AnalyzerOptionsProto()
    language = options.language_options
    language.product_mode = product["PRODUCT_EXTERNAL"].number
    language.enabled_language_features.extend(
        feature[f"FEATURE_{f}"].number for f in FEATURES.split()
    )
    language.supported_statement_kinds.extend(
        statement[f"RESOLVED_{s}_STMT"].number for s in STATEMENTS
    )
    language.reserved_keywords.append("QUALIFY")
    options.default_timezone = "UTC"
    options.error_message_mode = mode.values_by_name["ERROR_MESSAGE_ONE_LINE"].number
    return options


class GoogleSql:
    """A project's tables, and the analyzer and engine that read them.

    Tables live in two catalogs: a nested one (`project`.`dataset`.`table`), against which
    statements are analyzed as they are, and a flat one, because the engine takes contents of
    top-level tables only.
    """

    def __init__(self, project: str = "local-project") -> None:
        self.project = project
        self.client = Client()
        self.options = analyzer_options()
        self.nested = self._empty_catalog()
        self.flat = self._empty_catalog()
        self.columns: dict[str, list[OutputColumn]] = {}
        self.contents: dict[str, Any] = {}
        self._types: dict[str, Any] = {}

    def _empty_catalog(self) -> simple_catalog_pb2.SimpleCatalogProto:
        catalog = simple_catalog_pb2.SimpleCatalogProto(name="bigquery")
        catalog.builtin_function_options.language_options.CopyFrom(self.options.language_options)
        kinds = simple_table_pb2.SimpleColumnProto().type.DESCRIPTOR.fields_by_name["type_kind"]
        for alias in INT64_ALIASES:
            named = catalog.named_type.add(name=alias)
            named.type.type_kind = kinds.enum_type.values_by_name["TYPE_INT64"].number
        return catalog

    def _call(self, method: str, request: message.Message, response: type) -> Any:
        try:
            return self.client.call_grpc_func(f"ZetaSqlLocalService_{method}", request, response)
        except ServerError as error:
            raise SqlError(error.raw_error.partition("Message: ")[2] or str(error)) from error
        except ZetaSQLError as error:
            raise SqlError(str(error)) from error
        except (Trap, WasmtimeError) as error:  # out of memory or stack: the module is lost
            self.client = Client()
            raise SqlError(f"the engine broke down: {str(error).splitlines()[0]}") from error

    def parse_type(self, name: str) -> Any:
        """The type message of a BigQuery type name; an unknown name is an error."""
        if name not in self._types:
            self._types[name] = self.analyze(f"select cast(null as {name}) as x")[0].type
        return self._types[name]

    def put_table(
        self, dataset: str, name: str, columns: Sequence[OutputColumn], project: str | None = None
    ) -> None:
        """Registers a table, replacing one of the same name."""
        project = project or self.project
        flat_name = f"{project}.{dataset}.{name}"
        self.drop_table(dataset, name, project)
        self.columns[flat_name] = list(columns)
        tables = _child(_child(self.nested, project), dataset).table
        for registered, table_name in ((tables, name), (self.flat.table, flat_name)):
            table = registered.add(name=table_name)
            for column in columns:
                added = table.column.add(name=column.name, is_writable_column=True)
                added.type.CopyFrom(column.type)

    def drop_table(self, dataset: str, name: str, project: str | None = None) -> None:
        """Forgets a table, if there is one of that name."""
        project = project or self.project
        flat_name = f"{project}.{dataset}.{name}"
        self.contents.pop(flat_name, None)
        self.columns.pop(flat_name, None)
        tables = _child(_child(self.nested, project), dataset).table
        for registered, table_name in ((tables, name), (self.flat.table, flat_name)):
            for position, table in enumerate(registered):
                if table.name == table_name:
                    del registered[position]
                    break

    def declare_table(
        self,
        dataset: str,
        name: str,
        columns: Sequence[tuple[str, str]],
        project: str | None = None,
    ) -> None:
        """Registers a table by the names of its columns' types."""
        typed = [OutputColumn(column, self.parse_type(kind)) for column, kind in columns]
        self.put_table(dataset, name, typed, project)

    def fill_table(
        self, dataset: str, name: str, rows: Sequence[Sequence[Any]], project: str | None = None
    ) -> None:
        """Sets the rows of a registered table."""
        flat_name = f"{project or self.project}.{dataset}.{name}"
        columns = self.columns[flat_name]
        data = local_service_pb2.TableData()
        for row in rows:
            cells = data.row.add().cell
            for value, column in zip(row, columns, strict=True):
                encode(value, column.type, cells.add())
        self.contents[flat_name] = data

    def analyze(self, sql: str) -> list[OutputColumn]:
        """Type-checks one statement and returns the columns that it yields.

        Raises:
            SqlError: BigQuery would refuse the statement.
        """
        statement = self._resolved(sql, self.options)
        check_limits(statement)
        if statement.HasField("resolved_query_stmt_node"):
            return _outputs(statement.resolved_query_stmt_node.output_column_list)
        if statement.HasField("resolved_create_statement_node"):
            created = statement.resolved_create_statement_node
            table = created.resolved_create_table_stmt_base_node
            if created.HasField("resolved_create_table_stmt_base_node"):
                as_select = table.resolved_create_table_as_select_stmt_node
                columns = _outputs(as_select.output_column_list)
                check_table(as_select, columns)
            else:
                view = created.resolved_create_view_base_node
                columns = _outputs(_first_list(view, "output_column_list"))
                check_column_names(columns)
            return columns
        return []

    def resolve(self, sql: str) -> Any:
        """The analyzer's tree of one statement, without the columns that nothing uses.

        Raises:
            SqlError: BigQuery would refuse the statement.
        """
        options = options_pb2.AnalyzerOptionsProto()
        options.CopyFrom(self.options)
        options.prune_unused_columns = True
        return self._resolved(sql, options)

    def _resolved(self, sql: str, options: options_pb2.AnalyzerOptionsProto) -> Any:
        request = local_service_pb2.AnalyzeRequest(sql_statement=sql)
        request.options.CopyFrom(options)
        request.simple_catalog.CopyFrom(self.nested)
        response = self._call("Analyze", request, local_service_pb2.AnalyzeResponse)
        return response.resolved_statement

    def parse(self, sql: str) -> Any:
        """The tree of one statement, with the places of its clauses.

        Raises:
            SqlError: it is no statement.
        """
        request = local_service_pb2.ParseRequest(sql_statement=sql)
        request.options.CopyFrom(self.options.language_options)
        return self._call("Parse", request, local_service_pb2.ParseResponse).parsed_statement

    def execute(self, sql: str) -> Table:
        """Runs a query on the reference engine over the tables' contents.

        BigQuery's own limits are not looked at here: `analyze` does that.

        Raises:
            SqlError: the engine refused the query or failed.
        """
        return as_table(*self.run(sql))

    def run(self, sql: str) -> tuple[list[OutputColumn], Any]:
        """Like `execute`, with the rows as the engine gives them (`TableData`)."""
        prepare = local_service_pb2.PrepareQueryRequest()
        self._prepare(prepare, sql)
        prepared = self._call("PrepareQuery", prepare, local_service_pb2.PrepareQueryResponse)
        query_id = prepared.prepared.prepared_query_id
        columns = [OutputColumn(column.name, column.type) for column in prepared.prepared.columns]
        try:
            evaluate = local_service_pb2.EvaluateQueryRequest(prepared_query_id=query_id)
            result = self._call("EvaluateQuery", evaluate, local_service_pb2.EvaluateQueryResponse)
        finally:
            release = local_service_pb2.UnprepareQueryRequest(prepared_query_id=query_id)
            self._release("UnprepareQuery", release)
        return columns, result.content.table_data

    def inserted(self, sql: str) -> Any:
        """The rows (`TableData`) that an `insert` adds to its table, which stays as it is."""
        prepare = local_service_pb2.PrepareModifyRequest()
        self._prepare(prepare, sql)
        prepared = self._call("PrepareModify", prepare, local_service_pb2.PrepareModifyResponse)
        modify_id = prepared.prepared.prepared_modify_id
        try:
            evaluate = local_service_pb2.EvaluateModifyRequest(prepared_modify_id=modify_id)
            result = self._call(
                "EvaluateModify", evaluate, local_service_pb2.EvaluateModifyResponse
            )
        finally:
            release = local_service_pb2.UnprepareModifyRequest(prepared_modify_id=modify_id)
            self._release("UnprepareModify", release)
        data = local_service_pb2.TableData()
        for row in result.content:
            data.row.add().cell.extend(row.cell)
        return data

    def _prepare(self, request: Any, sql: str) -> None:
        request.sql, used = flatten(sql, self.columns)
        request.options.CopyFrom(self.options)
        request.simple_catalog.CopyFrom(self.flat)
        for name in used:
            content = self.contents.get(name)
            if content is None:
                raise SqlError(f"the table {name} has no contents")
            request.table_content[name].table_data.CopyFrom(content)

    def _release(self, method: str, request: Any) -> None:
        with contextlib.suppress(ZetaSQLError):  # a new module knows nothing of it
            self.client.call_grpc_func(f"ZetaSqlLocalService_{method}", request)


def as_table(columns: Sequence[OutputColumn], data: Any) -> Table:
    """Rows as the engine gives them, as Python values."""
    return Table(
        [(column.name, column.type_name) for column in columns],
        [
            [decode(cell, column.type) for cell, column in zip(row.cell, columns, strict=True)]
            for row in data.row
        ],
    )


def _child(catalog: Any, name: str) -> Any:
    for child in catalog.catalog:
        if child.name == name:
            return child
    return catalog.catalog.add(name=name)


def _outputs(columns: Any) -> list[OutputColumn]:
    return [OutputColumn(column.name, column.column.type) for column in columns]


def _first_list(node: Any, name: str) -> Any:
    """The first non-empty repeated field of that name in a message or in what it contains."""
    for inner in messages(node):
        if name in inner.DESCRIPTOR.fields_by_name and len(getattr(inner, name)):
            return getattr(inner, name)
    return []


NAME = r"(?:`[^`.]+`|[A-Za-z_][\w-]*)"
TABLE_NAME = re.compile(rf"(?<![\w.`]){NAME}\s*\.\s*{NAME}\s*\.\s*{NAME}|`[^`.]+\.[^`.]+\.[^`.]+`")


def flatten(sql: str, tables: dict[str, Any]) -> tuple[str, set[str]]:
    """Writes each known table as one quoted name; returns the statement and the tables."""
    used: set[str] = set()

    def replace(match: re.Match[str]) -> str:
        name = ".".join(part.strip() for part in match[0].replace("`", "").split("."))
        if name not in tables:
            return match[0]
        used.add(name)
        return f"`{name}`"

    return TABLE_NAME.sub(replace, sql), used


# ------------------------------------------------------------- what the analyzer lets through
def messages(node: Any) -> Iterator[Any]:
    """A message and all messages inside it, parents first; types and signatures are left out."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        children = []
        for descriptor, value in current.ListFields():
            if descriptor.message_type is None or descriptor.name in ("type", "signature"):
                continue
            if descriptor.message_type.GetOptions().map_entry:
                continue
            children.extend([value] if isinstance(value, message.Message) else value)
        stack.extend(reversed(children))


def _kind(node: Any) -> str:
    return node.DESCRIPTOR.name.removesuffix("Proto")


def _name(call: Any) -> str:
    """The name of a called function (`ResolvedFunctionCallBase`), without its group."""
    return call.function.name.rpartition(":")[2].lower()


def check_limits(statement: Any) -> None:
    """Refuses what GoogleSQL resolves but BigQuery does not run.

    - Functions that BigQuery does not have.
    - PERCENTILE_CONT and PERCENTILE_DISC as aggregate functions: BigQuery has only the window form.
    - Correlated subqueries over a table that cannot become a join: those with a limit or a window
      function, and those with no equality between the inner and the outer row.
    - Outer joins with no equality between the two sides.
    """
    unknown = UNKNOWN_FUNCTIONS.split()
    for node in messages(statement):
        kind = _kind(node)
        if kind == "ResolvedFunctionCallBase" and _name(node) in unknown:
            raise SqlError(f"Function not found in BigQuery: {_name(node)}")
        if kind == "ResolvedAggregateFunctionCall":
            calls = (n for n in messages(node.parent) if _kind(n) == "ResolvedFunctionCallBase")
            name = next((_name(call) for call in calls), "")
            if name in ("percentile_cont", "percentile_disc"):
                raise SqlError(f"{name} is not an aggregate function in BigQuery: add OVER ()")
        elif kind == "ResolvedSubqueryExpr" and len(node.parameter_list):
            check_correlated(node.subquery)
        elif kind == "ResolvedJoinScan":
            check_join(node)


def check_correlated(subquery: Any) -> None:
    """Refuses a correlated subquery that BigQuery cannot turn into a join."""
    kinds: set[str] = set()
    equality = False
    for node in messages(subquery):
        kinds.add(_kind(node))
        if _kind(node) == "ResolvedFunctionCallBase" and _name(node) == "$equal":
            arguments = [inner for child in node.argument_list for inner in messages(child)]
            references = [a for a in arguments if _kind(a) == "ResolvedColumnRef"]
            correlated = {reference.is_correlated for reference in references}
            equality = equality or correlated == {True, False}
    if not kinds & {"ResolvedTableScan", "ResolvedWithRefScan", "ResolvedRecursiveRefScan"}:
        return
    if kinds & {"ResolvedLimitOffsetScan", "ResolvedAnalyticScan"}:
        raise SqlError(
            "Correlated subqueries that reference other tables are not supported unless they can "
            "be de-correlated: this one has a limit or a window function"
        )
    if not equality:
        raise SqlError(
            "Correlated subqueries that reference other tables are not supported unless they can "
            "be de-correlated: this one has no equality with the outer row"
        )


def _conjuncts(expression: Any) -> Iterator[Any]:
    """The function calls that a condition joins with AND."""
    for node in messages(expression):
        if _kind(node) == "ResolvedFunctionCallBase":
            if _name(node) == "$and":
                for argument in node.argument_list:
                    yield from _conjuncts(argument)
            else:
                yield node
            return


def _columns_of(expression: Any) -> set[int]:
    """The ids of the columns that an expression reads."""
    return {
        node.column.column_id for node in messages(expression) if _kind(node) == "ResolvedColumnRef"
    }


def check_join(join: Any) -> None:
    """Refuses an outer join with no equality between the two sides."""
    kinds = type(join).DESCRIPTOR.fields_by_name["join_type"].enum_type.values_by_number
    kind = kinds[join.join_type].name
    if kind == "INNER":
        return
    left, right = (
        {
            column.column_id
            for node in messages(side)
            if _kind(node) == "ResolvedScan"
            for column in node.column_list
        }
        for side in (join.left_scan, join.right_scan)
    )
    for call in _conjuncts(join.join_expr):
        if _name(call) == "$equal":
            first, second = (_columns_of(argument) for argument in call.argument_list)
            if not first or not second:
                continue
            if (first <= left and second <= right) or (first <= right and second <= left):
                return
    raise SqlError(
        f"{kind} OUTER JOIN cannot be used without a condition that is an equality of fields from "
        "both sides of the join"
    )


def check_column_names(columns: Sequence[OutputColumn]) -> None:
    """Refuses column names that a BigQuery table cannot have."""
    for column in columns:
        if not COLUMN_NAME.fullmatch(column.name):
            raise SqlError(f"invalid column name {column.name!r}")
        if column.name.lower().startswith(RESERVED_PREFIXES):
            raise SqlError(f"column name {column.name!r} has a reserved prefix")


def check_table(statement: Any, columns: Sequence[OutputColumn]) -> None:
    """Refuses a created table's partitioning and clustering when BigQuery would."""
    check_column_names(columns)
    if len(statement.partition_by_list) > 1:
        raise SqlError("PARTITION BY takes one expression")
    for expression in statement.partition_by_list:
        check_partition(expression)
    if len(statement.cluster_by_list) > 4:
        raise SqlError("CLUSTER BY takes at most four columns")
    for expression in statement.cluster_by_list:
        reference = expression.resolved_column_ref_node
        if not expression.HasField("resolved_column_ref_node"):
            raise SqlError("CLUSTER BY takes columns, not expressions")
        kind = type_name(reference.parent.type)
        if kind not in CLUSTER_TYPES:
            raise SqlError(f"CLUSTER BY {reference.column.name}: {kind} cannot be clustered by")


def check_partition(expression: Any) -> None:
    """Refuses a PARTITION BY expression that is not one of BigQuery's forms."""
    if expression.HasField("resolved_column_ref_node"):
        reference = expression.resolved_column_ref_node
        if type_name(reference.parent.type) != "DATE":
            raise SqlError(
                f"PARTITION BY {reference.column.name}: a column alone must be a DATE, "
                f"not {type_name(reference.parent.type)}"
            )
        return
    for node in messages(expression):
        if _kind(node) != "ResolvedFunctionCallBase":
            continue
        name = _name(node)
        first = node.argument_list[0] if len(node.argument_list) else None
        if name in PARTITION_FUNCTIONS and first.HasField("resolved_column_ref_node"):
            kind = type_name(first.resolved_column_ref_node.parent.type)
            if kind in PARTITION_FUNCTIONS[name]:
                return
            raise SqlError(f"PARTITION BY {name} does not take {kind}")
        break
    raise SqlError(f"PARTITION BY takes a DATE column or one of {sorted(PARTITION_FUNCTIONS)}")


# ------------------------------------------------------------- values
def decode(cell: Any, kind: Any) -> Any:
    """A value message as a Python value."""
    field = cell.WhichOneof("value")
    if field is None:
        return None
    name = type_name(kind)
    if name.startswith("ARRAY<"):
        inner = kind.array_type.element_type
        return [decode(element, inner) for element in cell.array_value.element]
    if name.startswith("STRUCT<"):
        fields = zip(kind.struct_type.field, cell.struct_value.field, strict=True)
        return {f.field_name: decode(value, f.field_type) for f, value in fields}
    if name == "TIMESTAMP":
        value = cell.timestamp_value
        return EPOCH + dt.timedelta(seconds=value.seconds, microseconds=value.nanos // 1000)
    if name == "DATE":
        return EPOCH_DATE + dt.timedelta(days=cell.date_value)
    if name == "DATETIME":
        bits, nanos = cell.datetime_value.bit_field_datetime_seconds, cell.datetime_value.nanos
        day = (bits >> 26, bits >> 22 & 0xF, bits >> 17 & 0x1F)
        return dt.datetime(*day, bits >> 12 & 0x1F, bits >> 6 & 0x3F, bits & 0x3F, nanos // 1000)
    if name == "TIME":
        bits, nanos = cell.time_value >> 30, cell.time_value & 0x3FFFFFFF
        return dt.time(bits >> 12 & 0x1F, bits >> 6 & 0x3F, bits & 0x3F, nanos // 1000)
    if name in ("NUMERIC", "BIGNUMERIC"):
        scale = 9 if name == "NUMERIC" else 38
        return Decimal(int.from_bytes(getattr(cell, field), "little", signed=True)).scaleb(-scale)
    if name in ("INT64", "FLOAT64", "BOOL", "STRING", "BYTES", "JSON"):
        return getattr(cell, field)
    raise SqlError(f"values of type {name} cannot be read")


def encode(value: Any, kind: Any, cell: Any) -> None:
    """Writes a Python value into a value message; None leaves it empty, which means null."""
    if value is None:
        return
    name = type_name(kind)
    if name.startswith("ARRAY<"):
        cell.array_value.SetInParent()
        for item in value:
            encode(item, kind.array_type.element_type, cell.array_value.element.add())
    elif name.startswith("STRUCT<"):
        cell.struct_value.SetInParent()
        for field in kind.struct_type.field:
            encode(value[field.field_name], field.field_type, cell.struct_value.field.add())
    elif name == "TIMESTAMP":
        since = as_utc(value) - EPOCH
        cell.timestamp_value.seconds = since.days * 86400 + since.seconds
        cell.timestamp_value.nanos = since.microseconds * 1000
    elif name == "DATE":
        day = value.date() if isinstance(value, dt.datetime) else value
        cell.date_value = (day - EPOCH_DATE).days
    elif name == "DATETIME":
        clock = value.hour << 12 | value.minute << 6 | value.second
        bits = value.year << 26 | value.month << 22 | value.day << 17 | clock
        cell.datetime_value.bit_field_datetime_seconds = bits
        cell.datetime_value.nanos = value.microsecond * 1000
    elif name == "TIME":
        clock = value.hour << 12 | value.minute << 6 | value.second
        cell.time_value = clock << 30 | value.microsecond * 1000
    elif name in ("NUMERIC", "BIGNUMERIC"):
        scaled = int(Decimal(str(value)).scaleb(9 if name == "NUMERIC" else 38))
        field = "numeric_value" if name == "NUMERIC" else "bignumeric_value"
        size = (scaled.bit_length() // 8) + 1
        setattr(cell, field, scaled.to_bytes(size, "little", signed=True))
    elif name == "INT64":
        cell.int64_value = int(value)
    elif name == "FLOAT64":
        cell.double_value = float(value)
    elif name == "BOOL":
        cell.bool_value = bool(value)
    elif name == "STRING":
        cell.string_value = str(value)
    elif name == "BYTES":
        cell.bytes_value = bytes(value)
    elif name == "JSON":
        cell.json_value = str(value)
    else:
        raise SqlError(f"values of type {name} cannot be written")
