"""SQL on the raw tables: the physical limit, the hand-written minimum, and the usual way."""

from datetime import UTC, datetime
from typing import Any

from benchmarks import scenario
from demo.config import Experiment

RAW = f"raw.{scenario.SCHEMA}"
"""Database and schema of the raw tables."""

USER = "coalesce(user_id, anonymous_id)"

EXPOSURES = f"""
    select user_id, anonymous_id, experiment_id, variant, timestamp
    from {RAW}.experiment_viewed
    union all
    select user_id, anonymous_id, experiment_id, cast(variation_id as varchar), timestamp
    from {RAW}.ab_test_assigned
"""
"""All exposures with the columns that an analysis needs."""


def scan() -> str:
    """Write the physical limit: one scan and aggregation of the columns needed.

    Returns:
        A query over the exposures and the events.
    """
    events = [
        f"""
        select '{name}', null, count(*), max({USER}), min(timestamp), max(timestamp),
            {"sum(revenue)" if name == "order_completed" else "null"}
        from {RAW}.{name}
        """
        for name in scenario.EVENT_TABLES
    ]
    exposures = f"""
        select experiment_id, variant, count(*), max({USER}), min(timestamp), max(timestamp), null
        from ({EXPOSURES}) as exposures
        group by experiment_id, variant
    """
    return " union all ".join([exposures, *events])


def minimum(target: str) -> str:
    """Write the minimum: the first exposure per user and experiment, in one statement.

    Nothing is deduplicated or stitched, and nobody is left out.

    Args:
        target: Table to write.

    Returns:
        A statement.
    """
    return f"""
        create or replace table {target} as
        select
            {USER} as user_key,
            experiment_id,
            arg_min(variant, timestamp) as variant,
            min(timestamp) as assigned_at
        from ({EXPOSURES}) as exposures
        group by {USER}, experiment_id
    """


def usual_query(experiment: Experiment, metric: dict[str, Any], as_of: datetime) -> str:
    """Write the query that an experimentation platform generates for one experiment and metric.

    It reads the raw tables from the beginning: exposures in the dates of the experiment, the first
    one per user, the metric's events joined in the window, a sum per user, sums per variant. Users
    of several variants are a group of their own.

    Args:
        experiment: The experiment.
        metric: An entry of `scenario.metrics`.
        as_of: UTC; users who are not old enough then are left out of retention.

    Returns:
        A query with the columns variation, users, main_sum, main_sum_squares, denominator_sum,
        denominator_sum_squares and main_denominator_sum_product.
    """
    start, end = (_literal(value) for value in (experiment.start, experiment.end))
    by_name = {item["name"]: item for item in scenario.metrics()}
    parts = {"main": metric}
    if metric["type"] == "ratio":
        parts = {
            "main": by_name[metric["numerator"]],
            "denominator": by_name[metric["denominator"]],
        }
    mature = ""
    if metric["type"] == "retention":
        age = metric["delay_days"] + metric["window_days"]
        mature = f"where first_exposure + interval {age} day <= timestamp '{as_of}'"
    ctes = "".join(_metric_ctes(name, part, start, end) for name, part in parts.items())
    columns = ["coalesce(main.value, 0) as main"]
    joins = ["left join main_user_values as main on units.user_key = main.user_key"]
    if "denominator" in parts:
        columns.append("coalesce(denominator.value, 0) as denominator")
        joins.append(
            "left join denominator_user_values as denominator "
            "on units.user_key = denominator.user_key"
        )
    else:
        columns.append("cast(null as double) as denominator")
    return f"""
        with exposures as (
            select {USER} as user_key, timestamp, variant
            from ({EXPOSURES}) as all_exposures
            where
                experiment_id = '{experiment.id}'
                and timestamp >= {start}
                and timestamp <= {end}
        ),
        first_exposures as (
            select
                user_key,
                case when count(distinct variant) > 1 then '__multiple__' else max(variant) end
                    as variation,
                min(timestamp) as first_exposure
            from exposures
            group by user_key
        ),
        units as (
            select * from first_exposures {mature}
        ){ctes},
        user_values as (
            select units.user_key, units.variation, {", ".join(columns)}
            from units
            {" ".join(joins)}
        )
        select
            variation,
            count(*) as users,
            sum(main) as main_sum,
            sum(main * main) as main_sum_squares,
            sum(denominator) as denominator_sum,
            sum(denominator * denominator) as denominator_sum_squares,
            sum(main * denominator) as main_denominator_sum_product
        from user_values
        group by variation
    """


def result(experiment_id: str, metric: str) -> str:
    """Write the query that reads a result from the mart.

    Args:
        experiment_id: Experiment.
        metric: Name of the metric.

    Returns:
        A query on `experiment_results`.
    """
    return f"""
        select * from analytics.experiment_results
        where experiment_id = '{experiment_id}' and metric = '{metric}'
    """


def _metric_ctes(name: str, metric: dict[str, Any], start: str, end: str) -> str:
    """Write the CTEs of one simple metric: its events, joined in the window, per user."""
    delay = metric.get("delay_days", 0)
    last = delay + metric["window_days"]
    value = metric.get("value", "1")
    aggregate = "max" if metric["type"] in ("conversion", "retention") else "sum"
    return f""",
        {name}_events as (
            select {USER} as user_key, timestamp, {value} as value
            from {RAW}.{metric.get("event", "pages")}
            where
                timestamp >= {start} + interval {delay} day
                and timestamp <= {end} + interval {last} day
        ),
        {name}_in_window as (
            select
                units.user_key,
                case
                    when
                        {name}_events.timestamp >= units.first_exposure + interval {delay} day
                        and {name}_events.timestamp < units.first_exposure + interval {last} day
                        then {name}_events.value
                end as value
            from units
            left join {name}_events on units.user_key = {name}_events.user_key
        ),
        {name}_user_values as (
            select user_key, coalesce({aggregate}(value), 0) as value
            from {name}_in_window
            group by user_key
        )"""


def _literal(milliseconds: int) -> str:
    """Write a time in ms since 1970 UTC as SQL."""
    return f"timestamp '{datetime.fromtimestamp(milliseconds / 1000, UTC):%Y-%m-%d %H:%M:%S}'"
