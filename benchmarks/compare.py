"""Whether two warehouses have the same marts, row for row."""

from pathlib import Path

import duckdb

TOLERANCE = 1e-9
"""Relative difference of two numbers that are the same but for the order of summation."""

FLOATS = ("DOUBLE", "FLOAT")


def differences(left: Path, right: Path, raw: Path, schema: str = "analytics") -> list[str]:
    """Compare all tables and views of a schema in two warehouses.

    Rows are compared as a multiset: numbers with a decimal point up to a relative difference of
    `TOLERANCE`, everything else exactly.

    Args:
        left: One database.
        right: The other.
        raw: Database that views may read under the name `raw`.
        schema: The schema.

    Returns:
        A sentence per difference; empty when they are the same.
    """
    with duckdb.connect() as connection:
        connection.execute("set enable_progress_bar = false")
        sides = []
        for name, path in (("left_side", left), ("right_side", right)):
            sides.append(_copy_views(connection, name, path, raw, schema))
        if sides[0].keys() != sides[1].keys():
            return [f"other marts: {', '.join(sorted(sides[0].keys() ^ sides[1].keys()))}"]
        found = []
        for name in sorted(sides[0]):
            difference = compare_tables(connection, sides[0][name], sides[1][name])
            if difference:
                found.append(f"{name}: {difference}")
        return found


def compare_tables(connection: duckdb.DuckDBPyConnection, left: str, right: str) -> str | None:
    """Compare two tables as multisets of rows.

    Args:
        connection: Where they are.
        left: One table.
        right: The other.

    Returns:
        What is different, or None.
    """
    types = dict(row[:2] for row in connection.execute(f"describe select * from {left}").fetchall())
    others = dict(
        row[:2] for row in connection.execute(f"describe select * from {right}").fetchall()
    )
    if types != others:
        return f"other columns: {sorted(set(types.items()) ^ set(others.items()))}"
    # Twelve digits make nearly all rows that are the same equal; the rest is looked at closely.
    columns = ", ".join(
        f"""cast(format('{{:.11e}}', "{name}" + 0.0) as double) as "{name}\""""
        if kind in FLOATS
        else f'"{name}"'
        for name, kind in types.items()
    )
    counts = []
    for name, one, other in (("left_only", left, right), ("right_only", right, left)):
        connection.execute(
            f"create or replace temp table {name} as "
            f"select {columns} from {one} except all select {columns} from {other}"
        )
        [[count]] = connection.execute(f"select count(*) from {name}").fetchall()
        counts.append(count)
    if counts == [0, 0]:
        return None
    same = " and ".join(
        f'(abs(one."{name}" - other."{name}") <= {TOLERANCE} * '
        f'greatest(abs(one."{name}"), abs(other."{name}"), 1e-6) '
        f'or one."{name}" is not distinct from other."{name}")'
        if kind in FLOATS
        else f'one."{name}" is not distinct from other."{name}"'
        for name, kind in types.items()
    )
    unmatched = []
    for one, other in (("left_only", "right_only"), ("right_only", "left_only")):
        unmatched += connection.execute(
            f"select * from {one} as one "
            f"where not exists (select 1 from {other} as other where {same}) limit 2"
        ).fetchall()
    if unmatched or counts[0] != counts[1]:
        return f"{counts[0]} rows are only here, {counts[1]} only there, for example {unmatched}"
    return None


def _copy_views(
    connection: duckdb.DuckDBPyConnection, name: str, path: Path, raw: Path, schema: str
) -> dict[str, str]:
    """Attach a warehouse under a name; return its marts by name, with views as tables.

    A view names its database, so it can be read only where that has the name it was made with.
    """
    connection.execute(f"attach '{path}' as {name} (read_only)")
    rows = connection.execute(
        "select table_name, table_type from information_schema.tables "
        "where table_catalog = ? and table_schema = ?",
        [name, schema],
    ).fetchall()
    marts = {table: f'{name}.{schema}."{table}"' for table, _ in rows}
    views = [table for table, kind in rows if kind == "VIEW"]
    if views:
        connection.execute(f"detach {name}")
        connection.execute(f"attach '{path}' as {path.stem} (read_only)")
        connection.execute(f"attach '{raw}' as raw (read_only)")
        for view in views:
            copy = f'"{name} {view}"'
            connection.execute(
                f'create table memory.main.{copy} as from {path.stem}.{schema}."{view}"'
            )
            marts[view] = f"memory.main.{copy}"
        connection.execute(f"detach {path.stem}; detach raw")
        connection.execute(f"attach '{path}' as {name} (read_only)")
    return marts
