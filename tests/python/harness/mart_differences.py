"""What is in the marts of two warehouses, and where they differ."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

Marts = dict[str, pa.Table]
Row = dict[str, Any]

# Sums of floats depend on the order of rows in their last digits.
RELATIVE, ABSOLUTE = 1e-9, 1e-12

# What a row is about, to show two versions of it side by side. Marts that others are made of come
# first, so that a report begins with the cause.
GRAIN = {
    "identity_map": ("identifier", "identifier_type"),
    "experiment_assignments": ("experiment_id", "user_key"),
    "experiment_user_metrics": ("experiment_id", "user_key", "metric"),
    "experiments": ("experiment_id",),
    "experiment_results": ("experiment_id", "metric", "variant", "estimator"),
    "experiment_results_daily": ("experiment_id", "metric", "variant", "date", "estimator"),
    "experiment_results_by_dimension": (
        *("experiment_id", "metric", "dimension", "dimension_value", "variant", "estimator"),
    ),
    "experiment_effect_by_age": ("experiment_id", "metric", "variant", "phase"),
    "experiment_health": ("experiment_id", "check_name"),
    "experiment_scorecard": ("experiment_id", "metric", "variant"),
    "experiment_decisions": ("experiment_id", "variant"),
    "experiment_retention": ("experiment_id", "variant", "retention_type", "day"),
    "experiment_funnel": ("experiment_id", "funnel", "variant", "step_number"),
    "experiment_interactions": (
        *("experiment_a", "experiment_b", "variant_a", "variant_b", "metric"),
    ),
    "experiment_marginal_effects": ("metric", "experiment_id", "variant"),
    "experiment_attribution": ("metric", "experiment_id", "variant", "attribution_model"),
    "tracking_audit": ("check_name", "experiment_id", "metric"),
}

# Tables of all messages and ids that are kept between runs, also of people to be forgotten.
OF_EVERYBODY = (
    *("stg_segment__activity", "stg_segment__aliases", "stg_segment__exposure_messages"),
    *("stg_segment__identifies", "stg_segment__identify_traits", "stg_segment__metric_events"),
    *("int_activity_spans", "int_identity_pairs"),
)

# All tables that marts are made of and that are kept between runs.
BEHIND_MARTS = (
    *OF_EVERYBODY,
    *("int_assignment_audit", "int_assignment_counts", "int_assignment_totals"),
    *("int_attribution_totals", "int_experiment_days", "int_exposure_audit", "int_funnel_counts"),
    *("int_interaction_cells", "int_marginal_effects", "int_metric_audit", "int_metric_caps"),
    *("int_metric_sums", "int_received_days", "int_retention_counts", "int_slice_users"),
    *("int_trait_audit", "int_trait_days", "int_user_metric_states"),
    "stg_segment__exposure_names",
)


# A pair has another row when an earlier message of it arrives later; the earliest counts.
MERGED = {
    "int_identity_pairs": """
        select
            origin, anonymous_id, user_id, min(first_seen_at) as first_seen_at,
            max(last_seen_at) as last_seen_at
        from {table}
        group by all
    """
}


@dataclass(frozen=True)
class Difference:
    """A row, a column or a mart that two warehouses do not agree on.

    Args:
        mart: name of the mart.
        text: what differs, in a line.
        values: texts of the rows in question, for who looks for an id in them.
    """

    mart: str
    text: str
    values: tuple[str, ...] = ()


def read_marts(path: Path, schema: str = "analytics") -> Marts:
    """All rows of all tables and views of a schema of a DuckDB file, and of BEHIND_MARTS."""
    with duckdb.connect(str(path)) as connection:
        names = connection.execute(
            """
            select table_schema, table_name from information_schema.tables
            where table_schema = ? or (table_schema = ? and list_contains(?, table_name))
            """,
            [schema, f"{schema}_staging", list(BEHIND_MARTS)],
        ).fetchall()
        marts = {
            name: connection.sql(
                MERGED.get(name, "select * from {table}").format(table=f'{place}."{name}"')
            ).to_arrow_table()
            for place, name in sorted(names)
        }
    # Two warehouses without any are equal, which nobody means to ask.
    assert marts.keys() & GRAIN.keys(), f"no marts in {path}"
    return marts


def differences(found: Marts, expected: Marts) -> list[Difference]:
    """Where marts are not what was expected, the order of rows and columns aside.

    Args:
        found: marts, as of read_marts().
        expected: the same.
    """
    all_differences = []
    for mart in [*GRAIN, *sorted((found.keys() | expected.keys()) - GRAIN.keys())]:
        if mart not in found and mart not in expected:
            continue
        if mart not in found or mart not in expected:
            state = "missing" if mart in expected else "there, and was not expected"
            all_differences.append(Difference(mart, f"the table is {state}"))
            continue
        all_differences += _different_columns(mart, found[mart], expected[mart])
        all_differences += _different_rows(mart, found[mart], expected[mart])
    return all_differences


def report(all_differences: list[Difference], shown: int = 8) -> str:
    """The differences as text.

    Args:
        all_differences: what differs.
        shown: how many lines of each mart.
    """
    by_mart = defaultdict(list)
    for difference in all_differences:
        by_mart[difference.mart].append(difference.text)
    lines = []
    for mart, texts in by_mart.items():
        lines.append(f"{mart}: {len(texts)} difference{'s' * (len(texts) > 1)}")
        lines += [f"    {text}" for text in sorted(texts)[:shown]]
        lines += ["    ..."] if len(texts) > shown else []
    return "\n".join(lines)


def assert_same(found: Marts, expected: Marts) -> None:
    """Fail with what differs."""
    found_differences = differences(found, expected)
    assert not found_differences, "\n" + report(found_differences)


def _different_columns(mart: str, found: pa.Table, expected: pa.Table) -> list[Difference]:
    types = [{field.name: str(field.type) for field in table.schema} for table in (found, expected)]
    return [
        Difference(mart, f"column {name}: {types[0].get(name)}, expected {types[1].get(name)}")
        for name in sorted(types[0].keys() | types[1].keys())
        if types[0].get(name) != types[1].get(name)
    ]


def _different_rows(mart: str, found: pa.Table, expected: pa.Table) -> list[Difference]:
    columns = [name for name in expected.column_names if name in found.column_names]
    with duckdb.connect() as connection:
        connection.register("found", found.select(columns))
        connection.register("expected", expected.select(columns))
        surplus = _rows(connection, "from found except all from expected")
        missing = _rows(connection, "from expected except all from found")
    surplus, missing = _without_rounding(surplus, missing)
    return [
        Difference(mart, text, tuple(str(value) for row in rows for value in row.values()))
        for text, *rows in _described(mart, surplus, missing)
    ]


def _rows(connection: duckdb.DuckDBPyConnection, sql: str) -> list[Row]:
    return connection.sql(sql).to_arrow_table().to_pylist()


def _without_rounding(surplus: list[Row], missing: list[Row]) -> tuple[list[Row], list[Row]]:
    """The rows that have no partner which differs in the last digits of floats only."""
    partners = defaultdict(list)
    for row in missing:
        partners[_exact(row)].append(row)
    left = []
    for row in surplus:
        candidates = partners[_exact(row)]
        partner = next((one for one in candidates if _is_close(row, one)), None)
        if partner is None:
            left.append(row)
        else:
            candidates.remove(partner)
    return left, [row for rows in partners.values() for row in rows]


def _exact(row: Row) -> tuple:
    return tuple(value for value in row.values() if not isinstance(value, float))


def _is_close(row: Row, other: Row) -> bool:
    return all(_is_same(value, other[name]) for name, value in row.items())


def _is_same(value: Any, other: Any) -> bool:
    if isinstance(value, float) and isinstance(other, float):
        both_nan = math.isnan(value) and math.isnan(other)
        return both_nan or math.isclose(value, other, rel_tol=RELATIVE, abs_tol=ABSOLUTE)
    return value == other


def _described(mart: str, surplus: list[Row], missing: list[Row]) -> Iterator[tuple]:
    """Lines, each with the rows it is about; the two versions of a row are one line."""
    by_grain = defaultdict(list)
    for row in missing:
        by_grain[_grain(mart, row)].append(row)
    for row in surplus:
        versions = by_grain[_grain(mart, row)]
        if not versions:
            yield f"surplus {_shown(row)}", row
            continue
        other = versions.pop(0)
        changes = ", ".join(
            f"{name} {_cell(value)}, expected {_cell(other[name])}"
            for name, value in row.items()
            if not _is_same(value, other[name])
        )
        name = " | ".join(str(part) for part in _grain(mart, row))
        yield f"wrong {name}: {changes}", row, other
    for rows in by_grain.values():
        for row in rows:
            yield f"missing {_shown(row)}", row


def _grain(mart: str, row: Row) -> tuple:
    columns = [column for column in GRAIN.get(mart, row) if column in row]
    return tuple(row[column] for column in columns)


def _shown(row: Row) -> str:
    return ", ".join(f"{name} {_cell(value)}" for name, value in row.items() if value is not None)


def _cell(value: Any) -> str:
    return re.sub(r"\s+", " ", str(value))
