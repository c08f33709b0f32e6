"""Proves that the check refuses what BigQuery refuses: statements with known verdicts.

A gap is a statement on which the check and BigQuery disagree. Gaps are listed with the rest and
asserted too, so that a new version of the analyzer that closes one is noticed.
"""

from __future__ import annotations

import datetime as dt
import sys
import time
from dataclasses import dataclass

from analyzer import GoogleSql, SqlError

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
    gaps = sum(bool(case.gap) for case in CASES)
    seconds = time.monotonic() - start
    print(f"selftest: {len(CASES)} statements, {gaps} known gaps, {failed} failed, {seconds:.1f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
