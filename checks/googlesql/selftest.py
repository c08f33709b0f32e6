"""Proves that the check refuses what BigQuery refuses, and that statements do what they should.

A gap is a statement on which the check and BigQuery disagree. Gaps are listed with the rest and
asserted too, so that a new version of the analyzer that closes one is noticed.
"""

from __future__ import annotations

import datetime as dt
import sys
import time
from dataclasses import dataclass
from typing import Any

from analyzer import GoogleSql, SqlError, as_table
from tables import Table
from warehouse import Warehouse

EVENTS = "`local-project`.`analytics`.`events`"
USERS = "`local-project`.`analytics`.`users`"
TARGET = "`local-project`.`analytics`.`made`"
COLUMNS = {
    "events": [
        ("event_id", "INT64"),
        ("user_id", "STRING"),
        ("sent_at", "TIMESTAMP"),
        ("day", "DATE"),
        ("amount", "FLOAT64"),
        ("payload", "STRING"),
    ],
    "users": [("user_id", "STRING"), ("country", "STRING"), ("seen_at", "TIMESTAMP")],
}


@dataclass(frozen=True)
class Case:
    """A statement and BigQuery's verdict; `gap` says why the check's verdict is another."""

    sql: str
    accepted: bool
    gap: str = ""


def taken(sql: str, gap: str = "") -> Case:
    """A statement that BigQuery accepts."""
    return Case(sql, True, gap)


def refused(sql: str, gap: str = "") -> Case:
    """A statement that BigQuery refuses."""
    return Case(sql, False, gap)


CASES = [
    # Types and casts
    refused(f"select event_id::string from {EVENTS}"),
    refused(f"select cast(amount as double) from {EVENTS}"),
    refused(f"select cast(payload as varchar) from {EVENTS}"),
    refused(f"select try_cast(payload as int64) from {EVENTS}"),
    refused(f"select user_id from {EVENTS} where event_id = '1'"),
    refused(f"select coalesce(event_id, 'none') from {EVENTS}"),
    refused(f"select if(amount > 0, 1, 'none') from {EVENTS}"),
    refused(f"select sum(amount > 0) from {EVENTS}"),
    refused(f"select payload || event_id from {EVENTS}"),
    refused(f"select event_id from {EVENTS} union all select payload from {EVENTS}"),
    refused(f"select event_id from {EVENTS} union select event_id from {EVENTS}"),
    taken(f"select safe_cast(payload as int64), safe_divide(amount, event_id) from {EVENTS}"),
    taken("select cast('1' as bigint), cast('1' as integer)"),
    # Time
    refused(f"select sent_at from {EVENTS} where sent_at >= date '2024-01-01'"),
    refused(f"select sent_at - interval '1 day' from {EVENTS}"),
    refused(f"select date_diff('day', day, day) from {EVENTS}"),
    refused(f"select date_trunc('week', day) from {EVENTS}"),
    refused(f"select timestamp_diff(sent_at, sent_at, month) from {EVENTS}"),
    refused(f"select timestamp_add(sent_at, interval 1 month) from {EVENTS}"),
    refused(f"select epoch_ms(sent_at), strftime(sent_at, '%Y') from {EVENTS}"),
    taken(f"select timestamp_diff(sent_at, timestamp_trunc(sent_at, day), hour) from {EVENTS}"),
    taken(f"select date_trunc(day, isoweek), timestamp_add(sent_at, interval 7 day) from {EVENTS}"),
    # Aggregates and windows
    refused(f"select count(*) filter (where amount > 0) from {EVENTS}"),
    refused(f"select arg_min(user_id, sent_at), list(payload) from {EVENTS}"),
    refused(f"select median(amount) from {EVENTS}"),
    refused(f"select bool_or(amount > 0) from {EVENTS}"),
    refused(f"select user_id, day, count(*) from {EVENTS} group by user_id"),
    refused(f"select percentile_cont(amount, 0.5) from {EVENTS}"),
    refused(f"select sum(amount) over (partition by amount) from {EVENTS}"),
    refused(
        f"select sum(amount) over (order by sent_at range between interval 1 day preceding and "
        f"current row) from {EVENTS}"
    ),
    refused(f"select count(distinct user_id) over (order by sent_at) from {EVENTS}"),
    refused(f"select user_id from {EVENTS} qualify amount = 1"),
    taken(f"select user_id from {EVENTS} qualify row_number() over (order by sent_at) = 1"),
    taken(
        f"select array_agg(struct(sent_at as moment, payload as content) order by sent_at limit 1)"
        f"[offset(0)].moment from {EVENTS}"
    ),
    taken(f"select percentile_cont(amount, 0.5) over (partition by user_id) from {EVENTS}"),
    # Syntax of other dialects
    refused(f"select * exclude (payload) from {EVENTS}"),
    refused(f"select event_id % 2, event_id // 2 from {EVENTS}"),
    refused(f"select payload ->> 'a' from {EVENTS}"),
    refused(f"select user_id from {EVENTS} where payload ilike 'a%'"),
    refused("select * from generate_series(1, 3)"),
    refused(f"select event_id + 1 as next, next + 1 as later from {EVENTS}"),
    taken(f"select * except (payload), from {EVENTS}"),
    taken("select number from unnest(generate_array(1, 3)) as number with offset as place"),
    # Names
    refused(f"select nothing from {EVENTS}"),
    refused("select 1 from `local-project`.`analytics`.`nothing`"),
    refused(f"select user_id from {EVENTS} as one join {USERS} as other using (country)"),
    refused(f"select user_id from {EVENTS} as one cross join {USERS} as other"),
    refused("select array_includes([1], 1)"),
    # Joins and subqueries that cannot become joins
    refused(f"select 1 from {USERS} as u left join {EVENTS} as e on e.sent_at > u.seen_at"),
    refused(f"select 1 from {USERS} as u full join {EVENTS} as e on e.sent_at = u.seen_at or true"),
    refused(
        f"select (select payload from {EVENTS} as e where e.user_id = u.user_id order by sent_at "
        f"limit 1) from {USERS} as u"
    ),
    refused(
        f"select 1 from {USERS} as u where exists (select 1 from {EVENTS} as e where e.sent_at > "
        f"u.seen_at)"
    ),
    taken(
        f"select 1 from {USERS} as u left join {EVENTS} as e on e.user_id = u.user_id and "
        f"e.sent_at > u.seen_at"
    ),
    taken(f"select 1 from {USERS} as u inner join {EVENTS} as e on e.sent_at > u.seen_at"),
    taken(
        f"select (select max(day) from {EVENTS} as e where e.user_id = u.user_id) from {USERS} u"
    ),
    # Recursion
    refused("with r as (select 1 as n union all select n + 1 from r where n < 3) select * from r"),
    taken(
        "with recursive r as (select 1 as n union all select n + 1 from r where n < 3) "
        "select n from r"
    ),
    # Statements that dbt makes
    refused(f"create or replace table {TARGET} as select event_id, event_id from {EVENTS}"),
    refused(f"create or replace table {TARGET} as select count(*) from {EVENTS}"),
    refused(f"create or replace table {TARGET} as select 1 as `two words`"),
    refused(f"create or replace table {TARGET} partition by user_id as select * from {EVENTS}"),
    refused(f"create or replace table {TARGET} partition by sent_at as select * from {EVENTS}"),
    refused(f"create or replace table {TARGET} cluster by amount as select * from {EVENTS}"),
    refused(
        f"create or replace table {TARGET} cluster by user_id, day, payload, event_id, sent_at "
        f"as select * from {EVENTS}"
    ),
    refused(f"create or replace table {TARGET} (day string) as select day from {EVENTS}"),
    refused(f"create or replace view {TARGET} as select 1 as one, 2 as one"),
    taken(
        f"create or replace table {TARGET} (user_id string not null, sent_at timestamp) partition "
        f"by timestamp_trunc(sent_at, day) cluster by user_id as select user_id, sent_at "
        f"from {EVENTS}"
    ),
    taken(
        f"merge into {USERS} as d using (select 'a' as user_id) as s on d.user_id = s.user_id when "
        f"matched then update set country = 'x' when not matched then insert (user_id) values "
        f"(user_id)"
    ),
    refused(
        f"merge into {USERS} as d using (select 1 as user_id) as s on false when not matched then "
        f"insert (user_id) values (user_id)"
    ),
    # Gaps: what the check refuses and BigQuery takes
    taken(f"select concat(payload, event_id) from {EVENTS}", gap="its feature opens || as well"),
    taken(f"select max_by(payload, sent_at) from {EVENTS}", gap="not in the library"),
    taken("select [1, 2, 3][1]", gap="the bare index is left off: write offset(1)"),
    taken(f"from {EVENTS} |> select event_id", gap="pipe syntax is left off"),
    # Gaps: what the check takes and BigQuery refuses
    refused(
        "select 1 from `LOCAL-PROJECT`.`analytics`.`EVENTS`", gap="names are not case-sensitive"
    ),
]


def verdict(engine: GoogleSql, sql: str) -> tuple[bool, str]:
    """Whether the check takes a statement, and what it says if not."""
    try:
        engine.analyze(sql)
    except SqlError as error:
        return False, str(error)
    return True, ""


STOCK = "`local-project`.`shop`.`stock`"
NEWS = "`local-project`.`shop`.`news`"
VIEW = "`local-project`.`shop`.`low`"
COPY = "`local-project`.`shop`.`copy`"
MERGE = (
    f"merge into {STOCK} as DBT_INTERNAL_DEST using (select * from {NEWS}) as DBT_INTERNAL_SOURCE "
    "on (DBT_INTERNAL_SOURCE.item = DBT_INTERNAL_DEST.item) when matched then update set `pieces` "
    "= DBT_INTERNAL_SOURCE.`pieces` when not matched then insert (`item`, `pieces`) values "
    "(`item`, `pieces`)"
)
APPEND = (
    f"merge into {STOCK} as DBT_INTERNAL_DEST using (select * from {NEWS}) as DBT_INTERNAL_SOURCE "
    "on (FALSE) when not matched then insert (`pieces`, `item`) values (`pieces`, `item`)"
)


@dataclass(frozen=True)
class Step:
    """A statement, and the rows of a table after it; None when it has to be refused."""

    sql: str
    rows: list[list[Any]] | None
    table: str = STOCK


# One after another: stock (item, pieces) begins as [a, 1], [b, 2], [null, 3]; news is [b, 20],
# [c, 30], [null, 40].
STEPS = [
    Step(
        f"create or replace view {VIEW} as (select item from {STOCK} where pieces < 3);",
        [["a"], ["b"]],
        VIEW,
    ),
    # A row for which the condition is null stays.
    Step(f"delete from {STOCK} where item = 'a'", [["b", 2], [None, 3]]),
    Step(
        f"delete from {STOCK} where exists (select 1 from {NEWS} as n where stock.item = n.item)",
        [[None, 3]],
    ),
    Step(f"insert into {STOCK} (pieces, item) select 2, 'b'", [[None, 3], ["b", 2]]),
    Step(
        f"insert into {STOCK} (item) select item from {VIEW}",
        [[None, 3], ["b", 2], ["b", None]],
    ),
    Step(f"delete from {STOCK} where pieces is null", [[None, 3], ["b", 2]]),
    # A null key equals nothing.
    Step(MERGE, [[None, 3], ["b", 20], ["c", 30], [None, 40]]),
    Step(APPEND, [[None, 3], ["b", 20], ["c", 30], [None, 40], ["b", 20], ["c", 30], [None, 40]]),
    Step(f"select item from {VIEW}", [], VIEW),
    # Two rows of the target take one row of the source, but not the other way round.
    Step(f"insert into {NEWS} select 'b', 21", [["b", 20], ["c", 30], [None, 40], ["b", 21]], NEWS),
    Step(MERGE, None),
    Step(f"delete from {NEWS} where pieces = 21", [["b", 20], ["c", 30], [None, 40]], NEWS),
    Step(f"delete from {STOCK} where true", []),
    Step(MERGE, [["b", 20], ["c", 30], [None, 40]]),
    Step(
        f"create or replace table {COPY} (item string not null) cluster by item options("
        f"description='x') as (select item from {STOCK} where item = 'b');",
        [["b"]],
        COPY,
    ),
    Step(
        f"create or replace table {COPY} (item string not null) as (select item from {NEWS})", None
    ),
    Step(f"insert into {COPY} (item) select cast(null as string)", None),
    Step(f"insert into {COPY} (item) select 'c'", [["b"], ["c"]], COPY),
    Step(f"alter table {COPY} add column `day` date", [["b", None], ["c", None]], COPY),
    Step(f"alter table {COPY} drop column item", None),  # the table is clustered by it
    Step(f"alter table {COPY} drop column `day`", [["b"], ["c"]], COPY),
    # Refused by the analyzer: types, names.
    Step(f"delete from {STOCK} where item = 1", None),
    Step(f"delete from {STOCK}", None),
    Step(f"insert into {STOCK} (item) select pieces from {NEWS}", None),
    Step(MERGE.replace("DBT_INTERNAL_SOURCE.`pieces`", "'many'"), None),
    Step(APPEND.replace("insert (`pieces`, `item`)", "insert (`item`, `pieces`)"), None),
    # Refused, because nobody carries it out.
    Step(f"update {STOCK} set pieces = 1 where true", None),
    Step(f"truncate table {STOCK}", None),
    Step(f"drop table {STOCK}", None),
    Step(f"create table {COPY} (item string)", None),
    Step(f"create table {COPY} as (select item from {NEWS})", None),
    Step(MERGE.replace("when matched then", "when matched and pieces > 1 then"), None),
    Step(MERGE.partition("when matched")[0] + "when matched then delete", None),
    Step(
        APPEND.replace(
            "when not matched", "when not matched by source then delete when not matched"
        ),
        None,
    ),
    Step(f"alter table {STOCK} rename to other", None),
    Step("create or replace table `local-project`.`nowhere`.`x` as (select 1 as one)", None),
    Step(f"select item from {STOCK} limit 0; select 1", None),
]


def step_failures() -> list[str]:
    """Carries out the steps; returns what came out otherwise."""
    warehouse = Warehouse()
    columns = [("item", "STRING"), ("pieces", "INT64")]
    warehouse.fill("shop", "stock", Table(columns, [["a", 1], ["b", 2], [None, 3]]))
    warehouse.fill("shop", "news", Table(columns, [["b", 20], ["c", 30], [None, 40]]))
    failures = []
    for step in STEPS:
        target = step.table.replace("`", "")
        try:
            warehouse.statement(step.sql)
        except SqlError as error:
            if step.rows is not None:
                failures.append(f"refused: {step.sql}\n    {error}")
            continue
        if step.rows is None:
            failures.append(f"not refused: {step.sql}")
            continue
        found = as_table(warehouse.engine.columns[target], warehouse.rows(target)).rows
        if sorted(map(str, found)) != sorted(map(str, step.rows)):
            failures.append(f"{found} after: {step.sql}")
    return failures


SALES, WEEK, RECENT = (f"`local-project`.`shop`.`{name}`" for name in ("sales", "week", "recent"))
DAY = "day = date '2026-01-01'"


@dataclass(frozen=True)
class ReadCase:
    """A statement and what it reads of `sales`, which is partitioned by `day`.

    Columns read in all partitions, in those of some days, and where rows are rewritten.
    """

    sql: str
    whole: str = ""
    pruned: str = ""
    rewritten: str = ""


READ_CASES = [
    ReadCase(f"select item from {SALES} where {DAY}", pruned="day item"),
    ReadCase(f"select item from {SALES} where {DAY} and pieces > 1", pruned="day item pieces"),
    ReadCase(f"select item from {SALES} where {DAY} or day is null", pruned="day item"),
    ReadCase(f"select count(*) as n from {SALES}"),
    ReadCase(f"select item from {SALES} where false"),
    # No constant chooses partitions.
    ReadCase(f"select item from {SALES} where {DAY} or pieces = 1", whole="day item pieces"),
    ReadCase(
        f"select item from {SALES} where date_add({DAY[:3]}, interval 1 day) = '2026-01-01'",
        whole="day item",
    ),
    ReadCase(
        f"select item from {SALES} where day = (select max(day) from {WEEK})", whole="day item"
    ),
    ReadCase(
        f"select week.item from {WEEK} as week left join {SALES} as sales "
        "on week.item = sales.item where sales.day is null",
        whole="day item",
    ),
    ReadCase(
        f"with numbered as (select *, row_number() over (order by pieces) as n from {SALES}) "
        f"select item from numbered where {DAY}",
        whole="day item pieces",
    ),
    # Columns and filters go through queries with a name, unions, groups and views.
    ReadCase(
        f"with everything as (select * from {SALES}) select item from everything where {DAY}",
        pruned="day item",
    ),
    ReadCase(
        f"with a as (select * from {SALES}) select item, 1 as n from a where {DAY} "
        "union all select item, pieces from a",
        whole="item pieces",
        pruned="day",
    ),
    ReadCase(
        f"select item from (select item, day from {WEEK} union all "
        f"select item, day from {SALES}) where {DAY}",
        pruned="day item",
    ),
    ReadCase(
        f"select n from (select day, count(*) as n, sum(pieces) as pieces from {SALES} "
        f"group by day) where {DAY}",
        pruned="day",
    ),
    ReadCase(f"select item from {RECENT} where {DAY}", pruned="day item"),
    ReadCase(f"select item from {RECENT}", whole="item"),
    # Statements that change rows.
    ReadCase(f"delete from {SALES} where {DAY}", pruned="day", rewritten="pruned"),
    ReadCase(
        f"delete from {SALES} where exists (select 1 from {WEEK} as week "
        "where week.item = sales.item)",
        whole="item",
        rewritten="whole",
    ),
    ReadCase(
        f"merge into {SALES} as a using (select * from {WEEK}) as b on (false) "
        "when not matched then insert (`item`) values (`item`)"
    ),
    # A column that is set counts as read.
    ReadCase(
        f"merge into {SALES} as a using (select * from {WEEK}) as b on (a.item = b.item) "
        "when matched then update set `day` = b.`day` "
        "when not matched then insert (`item`) values (`item`)",
        whole="day item",
        rewritten="whole",
    ),
]


def read_failures() -> list[str]:
    """Asks what statements read; returns the answers that are wrong."""
    warehouse = Warehouse()
    columns = [("item", "STRING"), ("pieces", "INT64"), ("day", "DATE")]
    for name in ("sales", "week"):
        warehouse.fill("shop", name, Table(columns))
    warehouse.layouts["local-project.shop.sales"].partition_field = "day"
    warehouse.statement(f"create or replace view {RECENT} as select item, day from {SALES}")
    failures = []
    for case in READ_CASES:
        reads = [read for read in warehouse.reads(case.sql) if read["name"] == "sales"]
        found = [(" ".join(r["whole"]), " ".join(r["pruned"]), r["rewritten"]) for r in reads]
        expected = (case.whole, case.pruned, case.rewritten)
        if found != ([expected] if any(expected) else []):
            failures.append(f"{found} is read by: {case.sql}")
    return failures


def main() -> int:
    """Checks all cases."""
    start = time.monotonic()
    engine = GoogleSql()
    for name, columns in COLUMNS.items():
        engine.declare_table("analytics", name, columns)
    failed = 0
    for case in CASES:
        taken_here, message = verdict(engine, case.sql)
        expected = case.accepted != bool(case.gap)
        if taken_here != expected:
            failed += 1
            print(f"FAIL {'refused' if expected else 'taken'}: {case.sql}\n    {message}")
    answer = engine.execute(
        "select timestamp '2024-01-01 00:00:00.000001' as moment, [1, 2] as pair"
    )
    if answer.rows != [[dt.datetime(2024, 1, 1, microsecond=1, tzinfo=dt.UTC), [1, 2]]]:
        failed += 1
        print(f"FAIL the engine's answer: {answer.rows}")
    for failure in [*step_failures(), *read_failures()]:
        failed += 1
        print(f"FAIL {failure}")
    gaps = sum(bool(case.gap) for case in CASES)
    seconds = time.monotonic() - start
    count = len(CASES) + len(STEPS) + len(READ_CASES)
    print(f"selftest: {count} statements, {gaps} known gaps, {failed} failed, {seconds:.1f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
