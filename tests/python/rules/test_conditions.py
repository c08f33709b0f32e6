"""Conditions (`where`) on columns that Segment has not made yet: there is null in them.

Segment makes a column on the first event that needs it.
"""

import datetime as dt

import pytest

from tests.python.harness.warehouse import Warehouse

# How many of the three orders each condition keeps: of 5 and 20 EUR, and of 7 USD.
PRESENT = {
    "currency = 'EUR'": 2,
    "lower(currency) in ('eur') and revenue between 1 and 10": 1,
    "CASE WHEN Currency LIKE 'U%' THEN revenue > 1 ELSE false END": 1,
    "cast(revenue as double precision) > 6 or revenue::integer = 5": 3,
    "timestamp >= date '2026-01-02' and extract(day from timestamp) is not null": 3,
    "date_trunc('day', timestamp) < current_date + interval 1 day": 3,
    "timestamp at time zone 'UTC' is not distinct from raw_rows.timestamp at time zone 'UTC'": 3,
    "exists (select 1 from (select 'EUR' as coupon) where coupon = currency)": 2,
    "len(list_filter(['EUR', 'x'], lambda name: name = currency)) = 1": 2,
    "currency <> 'coupon is -- not ( here' and currency ~ e'^E\\'?'": 2,
    "not \"currency\" ilike 'eur'": 1,
}
# The same with columns that the table does not have; each is compared with another type.
ABSENT = {
    "coupon = 'SPRING'": 0,
    '"coupon" is not null': 0,
    "lower(Coupon) like 'spring%' or coupon in ('a', 'b')": 0,
    "discount > 0": 0,
    "is_first_order": 0,
    "not is_test and currency = 'EUR'": 0,
    "shipped_at >= timestamp '2026-01-01'": 0,
    "cast(discount as integer) between 1 and 5": 0,
    "discount::integer = 1": 0,
    "case when coupon is null then currency = 'EUR' end": 2,
    "coalesce(coupon, 'none') = 'none' and revenue > 6": 2,
}
CONDITIONS = PRESENT | ABSENT
AT = dt.datetime(2026, 1, 1)
SETTINGS = {
    "metrics": [
        {"name": f"m{number}", "type": "count", "event": "order_completed", "where": condition}
        for number, condition in enumerate(CONDITIONS)
    ],
    "funnels": [
        {
            "name": "coupon",
            "steps": [
                {"event": "order_completed"},
                {"event": "order_completed", "where": "coupon = 'A'"},
            ],
        }
    ],
    "activity": [],
}


def counted(warehouse: Warehouse) -> dict[str, int]:
    """How many events each condition keeps."""
    totals = {
        row["metric"]: int(row["total"])
        for row in warehouse.query("""
            select metric, sum(value) as total from experiment_user_metrics group by metric
        """)
    }
    return {condition: totals.get(f"m{number}", 0) for number, condition in enumerate(CONDITIONS)}


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory) -> Warehouse:
    warehouse = Warehouse(tmp_path_factory.mktemp("conditions"), SETTINGS)
    warehouse.register([], [])
    warehouse.load(
        "experiment_viewed",
        [
            {
                **{"id": f"e{user}", "user_id": user, "experiment_id": "e", "variant": variant},
                **{"timestamp": AT, "received_at": AT},
            }
            for user, variant in [("u1", "control"), ("u2", "b")]
        ],
    )
    later = AT + dt.timedelta(days=1)
    warehouse.load(
        "order_completed",
        [
            {
                **{"id": f"o{number}", "user_id": "u1", "revenue": revenue, "currency": currency},
                **{"timestamp": later, "received_at": later},
            }
            for number, (revenue, currency) in enumerate([(5, "EUR"), (20, "EUR"), (7, "USD")])
        ],
    )
    return warehouse


def test_a_column_that_is_not_there_yet_is_null(warehouse):
    printed = warehouse.dbt("run")
    assert counted(warehouse) == CONDITIONS
    assert "where: order_completed has no column coupon" in printed
    assert "has no column currency" not in printed
    assert warehouse.query(
        "select max(users) as users from experiment_funnel where step_number = 2"
    ) == [{"users": 0}]


def test_the_column_counts_from_the_first_event_that_has_it(warehouse):
    warehouse.execute(
        "alter table segment.order_completed add column coupon varchar",
        """
        insert into segment.order_completed by name
        select
            'o9' as id, 'u1' as user_id, 9 as revenue, 'USD' as currency, 'A' as coupon,
            timestamp '2026-01-03' as timestamp, timestamp '2026-01-03' as received_at
        """,
    )
    warehouse.dbt("run")
    incremental = counted(warehouse)
    assert incremental['"coupon" is not null'] == 1
    assert incremental["case when coupon is null then currency = 'EUR' end"] == 2
    warehouse.dbt("run", "--full-refresh")
    assert counted(warehouse) == incremental
