"""Are the error rates what they claim to be? A/A experiments, in which nothing has an effect.

python -m benchmarks.calibration [--experiments 2000] [--users 500] [--days 14]

All experiments go through the whole project in one run of dbt. For the sequential intervals
somebody looks at every experiment every day, and the whole run counts as a false alarm when one of
the looks is one. For that the project's macros compute the estimates of every day from the users'
values.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from tests.python.harness.warehouse import Warehouse

AS_OF = np.datetime64("2026-05-01T00:00:00", "us")
HOUR = np.timedelta64(3_600_000_000, "us")
ALPHA = 0.05
METRICS = [
    {"name": "order_conversion", "type": "conversion", "event": "order_completed"},
    {"name": "orders_per_user", "type": "count", "event": "order_completed"},
    {
        "name": "revenue_per_user",
        "type": "sum",
        "event": "order_completed",
        "value": "revenue",
    },
    {
        "name": "average_order_value",
        "type": "ratio",
        "numerator": "revenue_per_user",
        "denominator": "orders_per_user",
    },
]
LOOKED_AT = "revenue_per_user"
CHUNK = 250
"""Experiments whose daily looks are computed at a time."""


def load(warehouse: Warehouse, experiments: int, users: int, days: int, seed: int) -> None:
    """Make the raw tables: users who arrive over the days, with orders before and after.

    Args:
        warehouse: Gets the tables.
        experiments: Number of experiments.
        users: Users of each, divided by the toss of a coin.
        days: Days over which they are assigned.
        seed: Of all random numbers.
    """
    random = np.random.default_rng(seed)
    count = experiments * users
    experiment = np.repeat(np.arange(experiments), users)
    ids = np.arange(count).astype(str)
    assigned = AS_OF - (14 + days) * 24 * HOUR + random.integers(0, days, count) * 24 * HOUR
    at_once = {"anonymous_id": pa.nulls(count, pa.string()), "user_id": pa.array(ids)}
    warehouse.load(
        "experiment_viewed",
        pa.table(
            {
                "id": pa.array(ids),
                **at_once,
                "experiment_id": pa.array(np.char.add("aa-", experiment.astype(str))),
                "variant": pa.array(np.where(random.random(count) < 0.5, "control", "treatment")),
                "timestamp": pa.array(assigned),
                "received_at": pa.array(assigned),
            }
        ),
    )
    propensity = random.gamma(1.5, 0.4, count)
    who, shift = [], []
    for hours in (-24, 1):
        orders = np.repeat(np.arange(count), random.poisson(propensity))
        who.append(orders)
        shift.append(np.full(len(orders), hours))
    buyer, hours = np.concatenate(who), np.concatenate(shift)
    at = assigned[buyer] + hours * HOUR
    warehouse.load(
        "order_completed",
        pa.table(
            {
                "id": pa.array(np.char.add("o", np.arange(len(buyer)).astype(str))),
                "anonymous_id": pa.nulls(len(buyer), pa.string()),
                "user_id": pa.array(ids[buyer]),
                "revenue": pa.array(random.lognormal(3 + propensity[buyer] / 3, 1)),
                "timestamp": pa.array(at),
                "received_at": pa.array(at),
            }
        ),
    )


def rates_at_the_end(warehouse: Warehouse) -> list[tuple]:
    """Measure the error rates of the results.

    Args:
        warehouse: Built by dbt.

    Returns:
        Rows of metric, estimator, comparisons, share of p < 0.05, and the shares of experiments
        whose interval covers the truth: absolute, relative (an unbounded one covers), sequential.
    """
    rows = warehouse.query(f"""
        select
            metric, estimator, count(*) as comparisons,
            avg(cast(p_value < {ALPHA} as int)) as false_alarms,
            avg(cast(absolute_lift_lower <= 0 and absolute_lift_upper >= 0 as int)) as absolute,
            avg(cast(
                coalesce(relative_lift_lower <= 0 and relative_lift_upper >= 0, true) as int
            )) as relative,
            avg(cast(sequential_lower <= 0 and sequential_upper >= 0 as int)) as sequential
        from experiment_results
        where not is_control and status = 'ok'
        group by metric, estimator
        order by metric, estimator desc
    """)
    return [tuple(row.values()) for row in rows]


def rates_of_daily_looks(warehouse: Warehouse, days: int) -> dict[str, tuple]:
    """Look at one metric of every experiment every day.

    Args:
        warehouse: Built by dbt.
        days: Number of looks.

    Returns:
        Estimator -> experiments, share of those with p < 0.05 at any look, share of those whose
        sequential interval ever excludes the truth.
    """
    sql = warehouse.compile_inline("""
        with {{ segment_experiments.user_sums_ctes('looks', 'sums', ['experiment_id', 'day']) }},
        {{ segment_experiments.sufficient_statistics_ctes(
            'sums', 'arms', 'statistics', ['experiment_id', 'day']
        ) }},
        {{ segment_experiments.estimates_ctes('statistics', 'final', ['experiment_id', 'day']) }}
        select experiment_id, estimator, p_value, sequential_p_value from final
        where not is_control
    """)
    with duckdb.connect(str(warehouse.path)) as connection:
        connection.execute(f"""
            create temp table found (
                experiment_id varchar, estimator varchar, p_value double, sequential_p_value double
            );
            create temp table assigned as
                select
                    experiment_id, user_key, variant,
                    dense_rank() over (order by experiment_id) as number,
                    date_diff('day', min(cast(assigned_at as date)) over (), assigned_at) as day
                from analytics.experiment_assignments;
            create temp table user_values as
                select * from analytics.experiment_user_metrics where metric = '{LOOKED_AT}'
        """)
        [[experiments]] = connection.execute("select max(number) from assigned").fetchall()
        for first in range(1, experiments + 1, CHUNK):
            connection.execute(f"""
                create or replace temp table arms as
                    select
                        experiment_id, looks.day, variant, variant = 'control' as is_control,
                        'sum' as metric_type, 0.02::double as minimum_effect, count(*) as users
                    from assigned
                    inner join range({days}) as looks(day) on assigned.day <= looks.day
                    where number between {first} and {first + CHUNK - 1}
                    group by all;
                create or replace temp table looks as
                    select
                        experiment_id, looks.day, variant, value, covariate,
                        null::double as denominator, null::double as covariate_denominator
                    from assigned
                    inner join user_values using (experiment_id, user_key, variant)
                    inner join range({days}) as looks(day) on assigned.day <= looks.day
                    where number between {first} and {first + CHUNK - 1};
                insert into found {sql}
            """)
        rows = connection.execute(f"""
            select
                estimator, count(*), avg(cast(p < {ALPHA} as int)), avg(cast(s < {ALPHA} as int))
            from (
                select experiment_id, estimator, min(p_value) as p, min(sequential_p_value) as s
                from found group by experiment_id, estimator
            )
            group by estimator
        """).fetchall()
    return {name: tuple(rest) for name, *rest in rows}


def report(at_the_end: list[tuple], looks: dict[str, tuple], days: int) -> str:
    """Make the tables.

    Args:
        at_the_end: As of rates_at_the_end().
        looks: As of rates_of_daily_looks().
        days: Number of looks.

    Returns:
        Markdown.
    """
    lines = [
        "| metric | estimator | A/A experiments | p < 0.05 | absolute | relative | sequential |",
        "|---|---|---|---|---|---|---|",
    ]
    for metric, estimator, count, *shares in at_the_end:
        numbers = " | ".join(f"{share:.2%}" for share in shares)
        lines.append(f"| {metric} | {estimator} | {count} | {numbers} |")
    lines += [
        "",
        f"| {LOOKED_AT}, {days} daily looks | A/A experiments | any p < 0.05 | "
        "any sequential p < 0.05 |",
        "|---|---|---|---|",
    ]
    for estimator, (count, fixed, sequential) in sorted(looks.items(), reverse=True):
        lines.append(f"| {estimator} | {count} | {fixed:.2%} | {sequential:.2%} |")
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: Arguments; those of the process when None.

    Returns:
        Exit code: 0 when the sequential intervals raise at most 5 % false alarms over all looks,
        and the other tests as many as they should, give or take three standard errors and the
        skewness of revenue (one percentage point).
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks.calibration")
    parser.add_argument("--experiments", type=int, default=2000)
    parser.add_argument("--users", type=int, default=500, help="of each experiment")
    parser.add_argument("--days", type=int, default=14)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        settings = {
            "metrics": METRICS,
            "activity": [],
            "exposure_events": [{"table": "experiment_viewed"}],
            "as_of": str(AS_OF).replace("T", " ")[:19],
        }
        warehouse = Warehouse(Path(folder), settings)
        warehouse.register([], [])
        load(warehouse, options.experiments, options.users, options.days, options.seed)
        warehouse.dbt("run")
        at_the_end = rates_at_the_end(warehouse)
        looks = rates_of_daily_looks(warehouse, options.days)
    print(report(at_the_end, looks, options.days))
    print(f"\n{time.monotonic() - started:.0f} s")
    margin = 0.01 + 3 * (ALPHA * (1 - ALPHA) / options.experiments) ** 0.5
    wrong = [row for row in at_the_end if abs(row[3] - ALPHA) > margin]
    return 1 if wrong or any(row[2] > ALPHA for row in looks.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
