"""What a run has to do, as a table: what is there now, what the marts contain, what follows.

The query that compares the two tables (pending_arrivals_sql) is compiled once. Each case runs it on
two tables made by hand. The decision of the whole macro (pending_work) on the same tables is asked
of dbt in the same compilation.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import duckdb
import pytest

from tests.python.harness.warehouse import Warehouse

Row = tuple[str, str, str, int, int]
Found = tuple[str, str, str]

# They stand for the digest of the settings of this run, and for the note that this run leaves.
SETTINGS, MARK = "the settings", "the mark"
COLUMNS = ("kind", "raw_table", "name", "row_count", "checksum")
DAY, NEXT, THIRD = "2026-03-01", "2026-03-02", "2026-03-03"
NO_DAY = "1970-01-01"


def counted(day: str, rows: int, checksum: int = 0, table: str = "orders") -> Row:
    """Rows of a table that arrived on a day."""
    return ("rows", table, day, rows, checksum)


def begun(day: str, rows: int, checksum: int = 0, table: str = "orders") -> Row:
    """The same, as an unfinished run has read them."""
    return ("begun", table, day, rows, checksum)


def filled(day: str, rows: int, table: str = "orders") -> Row:
    """Rows of a day with something in a new column."""
    return ("filled", table, day, rows, 0)


def columns(*names: str, table: str = "orders") -> Row:
    """The columns of a table, with their types."""
    return ("columns", table, ", ".join(names), 1, 0)


def noted(kind: str, name: str, table: str = "") -> Row:
    """Any other row."""
    return (kind, table, name, 1, 0)


ID, VALUE, PLAN = "id: VARCHAR", "value: DOUBLE", "plan: VARCHAR"
SETTING = noted("setting", SETTINGS)
# A table on which nothing has changed, in both tables of every case.
SAME = (columns(ID, table="same"), counted(DAY, 7, 70, "same"))


@dataclass(frozen=True)
class Case:
    """Two tables, and what follows from them.

    Args:
        now: rows of int_arrivals.
        before: rows of int_processed_arrivals.
        found: rows of the query: kind, raw table, name; all of them.
        days: days to read by raw table, of a run that adds; None: those that are found, for a case
            without later days or columns that are gone.
        expired: days that are gone and of which the state is kept.
        reason: why a run reads everything; None when it adds.
        has_setting: whether both tables have the settings of this run.
    """

    now: tuple[Row, ...] = ()
    before: tuple[Row, ...] = ()
    found: tuple[Found, ...] = ()
    days: dict[str, list[str]] | None = None
    expired: dict[str, list[str]] = field(default_factory=dict)
    reason: str | None = None
    has_setting: bool = True

    @property
    def days_to_read(self) -> dict[str, list[str]]:
        """The days to read, of a run that adds."""
        if self.reason or self.days is not None:
            return self.days or {}
        listed = {table: set() for kind, table, _ in self.found if kind in READ}
        for kind, table, day in self.found:
            if kind in READ:
                listed[table].add(day)
        return {table: sorted(days) for table, days in listed.items()}

    @property
    def has_lost_rows(self) -> bool:
        """Whether rows that were read before may be gone, or mean something else."""
        before = {row[1]: row[2].split(", ") for row in self.before if row[0] == "columns"}
        now = {row[1]: row[2].split(", ") for row in self.now if row[0] == "columns"}
        lost = any(set(names) - set(now.get(table, names)) for table, names in before.items())
        return lost or any(kind == "changed rows" for kind, *_ in self.found)

    def rows(self, rows: tuple[Row, ...]) -> list[Row]:
        """Rows with those that every case has."""
        return [*rows, *SAME, *([SETTING] if self.has_setting else [])]


# Kinds of rows of the query that name a day to read.
READ = ("rows", "changed rows")
FOUND_ROWS = (("rows", "orders", DAY),)
FOUND_OTHERS = (("changed rows", "orders", DAY),)
TO_READ = {"orders": [DAY]}

CASES = {
    # ------------------------------------------------------------ rows of a day
    "nothing": Case(),
    "the same": Case((counted(DAY, 10, 5),), (counted(DAY, 10, 5),)),
    "a new day": Case(
        (counted(DAY, 10), counted(NEXT, 1)),
        (counted(DAY, 10),),
        (("rows", "orders", NEXT),),
        {"orders": [NEXT]},
    ),
    "a new day without rows": Case((counted(DAY, 0),), (), FOUND_ROWS, TO_READ),
    "more rows": Case((counted(DAY, 11, 5),), (counted(DAY, 10, 5),), FOUND_ROWS, TO_READ),
    "more rows, other sum": Case(
        (counted(DAY, 11, 6),), (counted(DAY, 10, 5),), FOUND_ROWS, TO_READ
    ),
    "fewer rows": Case((counted(DAY, 9, 5),), (counted(DAY, 10, 5),), FOUND_OTHERS),
    "as many rows, greater sum": Case((counted(DAY, 10, 6),), (counted(DAY, 10, 5),), FOUND_OTHERS),
    "as many rows, smaller sum": Case((counted(DAY, 10, 4),), (counted(DAY, 10, 5),), FOUND_OTHERS),
    # Without columns there is no table, which is no case of rows that expired. What came later can
    # have been a copy of what is gone.
    "a day is gone": Case(
        (counted(NEXT, 10),),
        (counted(DAY, 10), counted(NEXT, 10)),
        FOUND_OTHERS,
        {"orders": [DAY, NEXT]},
    ),
    "a day has expired": Case(
        (columns(ID), counted(NEXT, 10)),
        (columns(ID), counted(DAY, 10), counted(NEXT, 10)),
        (("expired", "orders", DAY),),
        expired={"orders": [DAY]},
    ),
    "a day has expired that an unfinished run has read again": Case(
        (columns(ID), counted(NEXT, 10)),
        (columns(ID), counted(DAY, 10), counted(NEXT, 10), begun(DAY, 11)),
        (("expired", "orders", DAY),),
        expired={"orders": [DAY]},
    ),
    "a day has expired, and settings are others": Case(
        (SETTING, columns(ID), counted(NEXT, 10)),
        (noted("setting", "others"), columns(ID), counted(DAY, 10), counted(NEXT, 10)),
        (
            ("expired", "orders", DAY),
            *(("setting changed:", "", SETTINGS), ("setting changed:", "", "others")),
        ),
        expired={"orders": [DAY]},
        reason="a setting is new or another",
        has_setting=False,
    ),
    "the days after an expired one are others": Case(
        (columns(ID), counted(NEXT, 10), counted(THIRD, 1)),
        (columns(ID), counted(DAY, 10), counted(NEXT, 9)),
        (("expired", "orders", DAY), ("rows", "orders", NEXT), ("rows", "orders", THIRD)),
        expired={"orders": [DAY]},
    ),
    "a day between is gone": Case(
        (columns(ID), counted(DAY, 10), counted(THIRD, 10)),
        (columns(ID), counted(DAY, 10), counted(NEXT, 10), counted(THIRD, 10)),
        (("changed rows", "orders", NEXT),),
        {"orders": [NEXT, THIRD]},
    ),
    "a table is loaded anew": Case(
        (columns(ID), counted(THIRD, 20)),
        (columns(ID), counted(DAY, 10), counted(NEXT, 10)),
        (
            *(("changed rows", "orders", DAY), ("changed rows", "orders", NEXT)),
            ("rows", "orders", THIRD),
        ),
    ),
    "rows without an arrival time are gone": Case(
        (columns(ID), counted(DAY, 10)),
        (columns(ID), counted(NO_DAY, 5), counted(DAY, 10)),
        (("changed rows", "orders", NO_DAY),),
    ),
    "rows on another day": Case(
        (counted(NEXT, 10),),
        (counted(DAY, 10),),
        (*FOUND_OTHERS, ("rows", "orders", NEXT)),
    ),
    "days of several tables": Case(
        (
            counted(DAY, 11),
            counted(NEXT, 1),
            counted(DAY, 4, table="views"),
            counted(NEXT, 3, 0, "views"),
        ),
        (counted(DAY, 10), counted(DAY, 4, table="views")),
        (*FOUND_ROWS, ("rows", "orders", NEXT), ("rows", "views", NEXT)),
        {"orders": [DAY, NEXT], "views": [NEXT]},
    ),
    "a day of another table": Case(
        (counted(DAY, 10),),
        (counted(DAY, 10, table="views"),),
        (*FOUND_ROWS, ("changed rows", "views", DAY)),
    ),
    "fewer rows on several days": Case(
        (counted(DAY, 1), counted(NEXT, 1)),
        (counted(DAY, 2), counted(NEXT, 2)),
        (*FOUND_OTHERS, ("changed rows", "orders", NEXT)),
    ),
    "more rows here, fewer there": Case(
        (counted(DAY, 11), counted(NEXT, 1)),
        (counted(DAY, 10), counted(NEXT, 2)),
        (*FOUND_ROWS, ("changed rows", "orders", NEXT)),
    ),
    # ------------------------------------------------------------ tables without an arrival time
    "always": Case(
        (noted("always", NO_DAY, "orders"), counted(NO_DAY, 1)),
        (counted(NO_DAY, 1),),
        (("rows", "orders", NO_DAY),),
        {"orders": [NO_DAY]},
    ),
    "always, for the first time": Case(
        (noted("always", NO_DAY, "orders"), counted(NO_DAY, 1)),
        (),
        (("rows", "orders", NO_DAY), ("rows", "orders", NO_DAY)),
        {"orders": [NO_DAY]},
    ),
    "always, and fewer rows": Case(
        (noted("always", NO_DAY, "orders"), counted(NO_DAY, 1)),
        (counted(NO_DAY, 2),),
        (("rows", "orders", NO_DAY), ("changed rows", "orders", NO_DAY)),
    ),
    # ------------------------------------------------------------ columns
    "a new column": Case(
        (columns(ID, PLAN),),
        (columns(ID),),
        (("columns", "orders", f"{ID}, {PLAN}"),),
    ),
    "a new column in new rows of a day": Case(
        (columns(ID, PLAN), counted(DAY, 12), filled(DAY, 2)),
        (columns(ID), counted(DAY, 10)),
        (("columns", "orders", f"{ID}, {PLAN}"), *FOUND_ROWS * 2),
        TO_READ,
    ),
    "a new column in rows of a new day": Case(
        (columns(ID, PLAN), counted(DAY, 10), counted(NEXT, 2), filled(NEXT, 2)),
        (columns(ID), counted(DAY, 10)),
        (("columns", "orders", f"{ID}, {PLAN}"), *[("rows", "orders", NEXT)] * 2),
        {"orders": [NEXT]},
    ),
    "a new column in one row more than came": Case(
        (columns(ID, PLAN), counted(DAY, 12), filled(DAY, 3)),
        (columns(ID), counted(DAY, 10)),
        (
            ("columns", "orders", f"{ID}, {PLAN}"),
            *FOUND_ROWS * 2,
            ("changed rows", "orders", DAY),
        ),
    ),
    "a new column in rows that were there": Case(
        (columns(ID, PLAN), counted(DAY, 10), filled(DAY, 1)),
        (columns(ID), counted(DAY, 10)),
        (("columns", "orders", f"{ID}, {PLAN}"), *FOUND_ROWS, ("changed rows", "orders", DAY)),
    ),
    "new columns, new rows in other tables and on other days": Case(
        (
            *(columns(ID, PLAN), counted(DAY, 12), counted(NEXT, 10), filled(DAY, 2)),
            *(columns(ID, PLAN, table="views"), counted(NEXT, 9, table="views")),
            filled(NEXT, 3, "views"),
        ),
        (
            *(columns(ID), counted(DAY, 10), counted(NEXT, 5)),
            *(columns(ID, table="views"), counted(DAY, 1, table="views")),
            counted(NEXT, 6, table="views"),
        ),
        (
            *(("columns", "orders", f"{ID}, {PLAN}"), *FOUND_ROWS * 2, ("rows", "orders", NEXT)),
            *(("columns", "views", f"{ID}, {PLAN}"), *[("rows", "views", NEXT)] * 2),
            ("expired", "views", DAY),
        ),
        {"orders": [DAY, NEXT], "views": [NEXT]},
        expired={"views": [DAY]},
    ),
    "a column is gone": Case(
        (columns(ID), counted(DAY, 10), counted(NEXT, 10)),
        (columns(ID, VALUE), counted(DAY, 10), counted(NEXT, 10)),
        (("columns", "orders", ID),),
        {"orders": [DAY, NEXT]},
    ),
    "a column has another type": Case(
        (columns(ID, "value: VARCHAR"),),
        (columns(ID, VALUE),),
        (("columns", "orders", f"{ID}, value: VARCHAR"),),
    ),
    # It is a new column as well.
    "a column has another type, and something in it": Case(
        (columns(ID, "value: VARCHAR"), counted(DAY, 10), filled(DAY, 4)),
        (columns(ID, VALUE), counted(DAY, 10)),
        (
            ("columns", "orders", f"{ID}, value: VARCHAR"),
            *FOUND_ROWS,
            ("changed rows", "orders", DAY),
        ),
    ),
    "one column is new, two are gone": Case(
        (columns(PLAN),),
        (columns(ID, VALUE),),
        (("columns", "orders", PLAN),),
    ),
    # ------------------------------------------------------------ tables
    "a new table": Case(
        (columns(ID), counted(DAY, 10), counted(NEXT, 1)),
        (),
        (*FOUND_ROWS, ("rows", "orders", NEXT)),
        {"orders": [DAY, NEXT]},
    ),
    "a new table without rows": Case((columns(ID),)),
    "a table is gone": Case(
        (),
        (columns(ID), counted(DAY, 10)),
        (("changed rows", "orders", NO_DAY), *FOUND_OTHERS),
    ),
    "a table without rows is gone": Case(
        (),
        (columns(ID),),
        (("changed rows", "orders", NO_DAY),),
    ),
    "all rows of a table have expired": Case(
        (columns(ID),),
        (columns(ID), counted(DAY, 10)),
        (("expired", "orders", DAY),),
        expired={"orders": [DAY]},
    ),
    "a table of this project is missing": Case(
        (noted("missing", "int_identity_pairs"),),
        (),
        (("missing changed:", "", "int_identity_pairs"),),
        reason="a table of this project is missing, or was left out before: int_identity_pairs",
    ),
    # ------------------------------------------------------------ settings and the registry
    "other settings": Case(
        (SETTING,),
        (noted("setting", "others"),),
        (("setting changed:", "", SETTINGS), ("setting changed:", "", "others")),
        reason="a setting is new or another",
        has_setting=False,
    ),
    "no settings were noted": Case(
        (SETTING,),
        (),
        (("setting changed:", "", SETTINGS),),
        reason="a setting is new or another",
        has_setting=False,
    ),
    "settings other than those of what is there": Case(
        (noted("setting", "others"),),
        (noted("setting", "others"),),
        (("other settings than those of int_arrivals", "", ""),),
        reason="other settings than those of int_arrivals ",
        has_setting=False,
    ),
    "an experiment is new": Case(
        (noted("experiment", "colour | -"),),
        (),
        (("experiment", "", "colour | -"),),
    ),
    "an experiment is taken out": Case(
        (),
        (noted("experiment", "colour | -"),),
        (("experiment", "", "colour | -"),),
    ),
    "an experiment is changed": Case(
        (noted("experiment", "colour | 2026-03-02"),),
        (noted("experiment", "colour | -"),),
        (
            ("experiment", "", "colour | 2026-03-02"),
            ("experiment", "", "colour | -"),
        ),
    ),
    "an experiment is the same": Case(
        (noted("experiment", "colour | -"),), (noted("experiment", "colour | -"),)
    ),
    # ------------------------------------------------------------ other runs
    "two runs at a time": Case(
        (noted("overlap", "run 1"),),
        (noted("overlap", "run 1"),),
        (("overlap changed:", "", "run 1"),),
        reason="a run did not finish, or two ran at a time",
    ),
    "a run that began meanwhile": Case(
        (),
        (noted("overlap", "begun run 2"),),
        (("overlap changed:", "", "begun run 2"),),
        reason="a run did not finish, or two ran at a time",
    ),
    "this run itself": Case(
        (noted("run", "this"),), (noted("run", "before"), noted("overlap", MARK))
    ),
    "what only the marts say": Case(
        (),
        (
            *(noted("slug", "colour", "colour"), noted("as_of", "2026-03-02 00:00:00")),
            *(noted("suppressed", "u1"), noted("suppression", "u2")),
        ),
    ),
    # ------------------------------------------------------------ what an unfinished run has read
    "rows that were read are still there": Case(
        (counted(DAY, 10, 5),), (begun(DAY, 10, 5),), FOUND_ROWS, TO_READ
    ),
    "there are more than were read": Case(
        (counted(DAY, 12, 6),), (counted(DAY, 8, 4), begun(DAY, 10, 5)), FOUND_ROWS, TO_READ
    ),
    "as many as were read, and others": Case(
        (counted(DAY, 10, 6),),
        (begun(DAY, 10, 5),),
        (*FOUND_ROWS, ("changed rows", "orders", DAY)),
    ),
    "fewer than were read": Case(
        (counted(DAY, 9, 5),),
        (counted(DAY, 8, 4), begun(DAY, 10, 5)),
        (*FOUND_ROWS, ("changed rows", "orders", DAY)),
    ),
    "as before what was read": Case(
        (counted(DAY, 8, 4),),
        (counted(DAY, 8, 4), begun(DAY, 10, 5)),
        (("changed rows", "orders", DAY),),
    ),
    "a day that was read is gone": Case(
        (counted(NEXT, 3),),
        (counted(NEXT, 3), begun(DAY, 10, 5)),
        (("changed rows", "orders", DAY),),
        {"orders": [DAY, NEXT]},
    ),
    "a day of another table that was read is gone": Case(
        (counted(DAY, 10, 5),),
        (counted(DAY, 10, 5), begun(DAY, 10, 5, "views")),
        (("changed rows", "views", DAY),),
    ),
    "two unfinished runs, and the rows of the first are gone": Case(
        (counted(DAY, 8, 4), counted(NEXT, 2, 2)),
        (counted(DAY, 8, 4), begun(DAY, 10, 5), begun(NEXT, 2, 2)),
        (("changed rows", "orders", DAY), ("rows", "orders", NEXT)),
    ),
    # A row of another kind with the name of a day is no row of that day.
    "a table without an arrival time that was read": Case(
        (noted("always", NO_DAY, "orders"), counted(DAY, 1)),
        (begun(NO_DAY, 1), counted(DAY, 1)),
        (("rows", "orders", NO_DAY), ("changed rows", "orders", NO_DAY)),
    ),
    # ------------------------------------------------------------ several things at once
    "several reasons": Case(
        (
            *(SETTING, noted("missing", "int_identity_pairs"), noted("overlap", "run 1")),
            *(noted("overlap", "run 2"), columns(ID), counted(DAY, 9), counted(NEXT, 9)),
            *(
                columns(ID, PLAN, table="views"),
                counted(DAY, 1, table="views"),
                filled(DAY, 1, "views"),
            ),
            noted("experiment", "new"),
        ),
        (
            *(noted("setting", "others"), noted("overlap", "run 1"), noted("overlap", "run 2")),
            *(columns(ID, VALUE), counted(DAY, 10), counted(NEXT, 8), begun(THIRD, 1)),
            *(columns(ID, table="views"), counted(DAY, 1, table="views")),
            columns(ID, table="pages"),
        ),
        (
            *(("setting changed:", "", SETTINGS), ("setting changed:", "", "others")),
            *(("missing changed:", "", "int_identity_pairs"), ("overlap changed:", "", "run 1")),
            *(("overlap changed:", "", "run 2"), ("columns", "orders", ID)),
            *(
                ("changed rows", "orders", DAY),
                ("rows", "orders", NEXT),
                ("changed rows", "orders", THIRD),
            ),
            *(("columns", "views", f"{ID}, {PLAN}"), ("rows", "views", DAY)),
            *(("changed rows", "views", DAY), ("changed rows", "pages", NO_DAY)),
            ("experiment", "", "new"),
        ),
        reason="; ".join(
            [
                "a run did not finish, or two ran at a time",
                "a setting is new or another",
                "a table of this project is missing, or was left out before: int_identity_pairs",
            ]
        ),
        has_setting=False,
    ),
    "new days, new columns, a table that comes and one that is always read": Case(
        (
            *(columns(ID, PLAN), counted(DAY, 10), counted(NEXT, 4), filled(NEXT, 4)),
            *(columns(ID, table="views"), counted(THIRD, 2, table="views")),
            *(noted("always", NO_DAY, "pages"), counted(NO_DAY, 5, table="pages")),
            columns(ID, table="pages"),
        ),
        (
            *(columns(ID), counted(DAY, 10), begun(NEXT, 3, 1)),
            *(counted(NO_DAY, 5, table="pages"), columns(ID, table="pages")),
        ),
        (
            *(("columns", "orders", f"{ID}, {PLAN}"), *[("rows", "orders", NEXT)] * 2),
            *(("rows", "views", THIRD), ("rows", "pages", NO_DAY)),
        ),
        {"orders": [NEXT], "views": [THIRD], "pages": [NO_DAY]},
    ),
}

# Of a row of the query, what the log says.
WORDS = {
    "setting changed:": "a setting is new or another",
    "source changed:": "a source of Segment is gone or lies elsewhere",
    "missing changed:": "a table of this project is missing, or was left out before: a name",
    "overlap changed:": "a run did not finish, or two ran at a time",
    "anything else": "anything else orders",
}

# For each case its rows are made the tables of the project, which pending_work() reads.
INLINE = """
{%- set mark = segment_experiments.begun_mark() -%}
{%- set settings = segment_experiments.settings_fingerprint() -%}
{%- set decisions = [] -%}
{%- set words = {} -%}
{%- for kind in <kinds> -%}
    {%- do words.update({kind: segment_experiments.reason_in_words(kind, 'orders', 'a name')}) -%}
{%- endfor -%}
{%- if execute -%}
    {%- for number in range(<count>) -%}
        {%- for side in ['arrivals', 'processed_arrivals'] -%}
            {%- do run_query(
                "create or replace view analytics_staging.int_" ~ side ~ " as "
                ~ "select kind, raw_table, row_count, checksum, case name when '<settings>' then '"
                ~ settings ~ "' when '<mark>' then '" ~ mark ~ "' else name end as name "
                ~ "from cases.rows where side = '" ~ side ~ "' and number = " ~ number
            ) -%}
        {%- endfor -%}
        {%- do decisions.append(segment_experiments.pending_work()) -%}
    {%- endfor -%}
{%- endif -%}
{{ tojson({
    'sql': segment_experiments.pending_arrivals_sql('arrivals', 'processed'),
    'mark': mark,
    'settings': settings,
    'decisions': decisions,
    'words': words,
}) }}
"""


@pytest.fixture(scope="module")
def compiled(tmp_path_factory) -> dict[str, Any]:
    """The query, the decisions of all cases, and the words of all reasons."""
    warehouse = Warehouse(tmp_path_factory.mktemp("decisions"))
    rows = [
        {"number": number, "side": side, **dict(zip(COLUMNS, row, strict=True))}
        for number, case in enumerate(CASES.values())
        for side, given in (("arrivals", case.now), ("processed_arrivals", case.before))
        for row in case.rows(given)
    ]
    warehouse.load("rows", rows, schema="cases")
    # dbt looks for tables once, when it starts.
    warehouse.execute(
        "create schema analytics_staging",
        "create view analytics_staging.int_arrivals as from cases.rows",
        "create view analytics_staging.int_processed_arrivals as from cases.rows",
    )
    inline = INLINE
    for name, value in (
        ("<kinds>", str(list(WORDS))),
        ("<count>", str(len(CASES))),
        ("<settings>", SETTINGS),
        ("<mark>", MARK),
    ):
        inline = inline.replace(name, value)
    answers = json.loads(warehouse.compile_inline(inline))
    return {**answers, "decisions": dict(zip(CASES, answers["decisions"], strict=True))}


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory with two empty tables."""
    with duckdb.connect() as opened:
        for table in ("arrivals", "processed"):
            opened.execute(
                f"create table {table} (kind varchar, raw_table varchar, name varchar, "
                "row_count bigint, checksum bigint)"
            )
        yield opened


@pytest.mark.parametrize("name", CASES)
def test_what_differs(compiled, connection, name):
    """Each row of the query, found by hand."""
    case = CASES[name]
    meant = {SETTINGS: compiled["settings"], MARK: compiled["mark"]}
    for table, rows in (("arrivals", case.now), ("processed", case.before)):
        named = [(*row[:2], meant.get(row[2], row[2]), *row[3:]) for row in case.rows(rows)]
        connection.execute(f"delete from {table}")
        connection.executemany(f"insert into {table} values (?, ?, ?, ?, ?)", named)
    found = connection.execute(compiled["sql"]).fetchall()
    expected = [(*row[:2], meant.get(row[2], row[2])) for row in case.found]
    assert sorted(row[:3] for row in found) == sorted(expected)
    # What columns there were is what tells which of them are gone.
    before = {row[1]: row[2] for row in case.before if row[0] == "columns"}
    assert {row[1]: row[3] for row in found if row[0] == "columns"} == {
        row[1]: before[row[1]] for row in case.found if row[0] == "columns"
    }


@pytest.mark.parametrize("name", CASES)
def test_what_a_run_does(compiled, name):
    """The days that a run reads, or why it reads everything."""
    case = CASES[name]
    decision = compiled["decisions"][name]
    days = {table: sorted(listed) for table, listed in decision["days"].items()}
    assert (decision["is_increment"], decision["reason"]) == (case.reason is None, case.reason)
    assert days == case.days_to_read
    assert decision["expired_days"] == case.expired
    if case.reason is None:
        others = any(kind == "columns" for kind, *_ in case.found)
        assert decision["has_new_columns"] == others
        assert decision["renewed"] == ([""] if case.has_lost_rows else [])
        starts = any(kind == "experiment" for kind, *_ in case.found)
        assert decision["has_other_starts"] == starts


def test_reasons_in_words(compiled):
    """What the log says of each reason."""
    assert compiled["words"] == WORDS
