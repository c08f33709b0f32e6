"""The public Udacity A/B test, laid out as Segment would have landed it.

The data are not part of the project; the tests run where they are (harness/needed.py).
"""

import duckdb
import pytest
from scipy import stats

from tests.python.harness.needed import real_data
from tests.python.harness.warehouse import Warehouse

# A row per exposure: user_id, timestamp, group, and whether the user converted.
FILE = real_data("udacity_ab_data.parquet", at_import=True)


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory) -> Warehouse:
    real_data(FILE.name)
    warehouse = Warehouse(
        tmp_path_factory.mktemp("udacity"),
        {
            "metrics": [
                {"name": name, "type": "conversion", "event": "converted", "window_days": days}
                for name, days in [("conversion", 14), ("conversion_at_any_time", 30)]
            ]
        },
    )
    warehouse.execute(f"""
        create table segment.experiment_viewed as
        select
            'exposure-' || row_number() over (order by user_id, timestamp) as id,
            cast(user_id as varchar) as user_id,
            'landing-page' as experiment_id,
            "group" as variant,
            cast(timestamp as timestamp) as timestamp,
            cast(timestamp as timestamp) as received_at
        from '{FILE}'
    """)
    warehouse.execute(f"""
        create table segment.converted as
        select
            'conversion-' || row_number() over (order by user_id, timestamp) as id,
            cast(user_id as varchar) as user_id,
            cast(timestamp as timestamp) + interval 1 minute as timestamp,
            cast(timestamp as timestamp) + interval 1 minute as received_at
        from '{FILE}'
        where converted = 1
    """)
    warehouse.dbt("build", "--exclude", "resource_type:unit_test")
    return warehouse


def test_every_user_is_assigned_once(warehouse):
    assert warehouse.query("""
        select count(*) as users, count(distinct user_key) as distinct_users
        from experiment_assignments
    """) == [{"users": 290_584, "distinct_users": 290_584}]


def test_users_in_both_groups_are_excluded(warehouse):
    assert warehouse.query("""
        select exclusion_reason, count(*) as users from experiment_assignments
        group by exclusion_reason order by users
    """) == [
        {"exclusion_reason": "crossover", "users": 1_895},
        {"exclusion_reason": None, "users": 288_689},
    ]


def test_users_and_conversions_per_group(warehouse):
    # 28 users converted only on a second visit, more than 14 days after the first.
    assert warehouse.query("""
        select metric, variant, users, total from experiment_results
        where estimator = 'unadjusted'
        order by metric, variant
    """) == [
        {"metric": metric, "variant": variant, "users": users, "total": total}
        for metric, variant, users, total in [
            ("conversion", "control", 144_300, 17_458),
            ("conversion", "treatment", 144_389, 17_250),
            ("conversion_at_any_time", "control", 144_300, 17_468),
            ("conversion_at_any_time", "treatment", 144_389, 17_268),
        ]
    ]


def test_there_is_no_sample_ratio_mismatch(warehouse):
    [row] = warehouse.query("select distinct srm_p_value from experiment_results")
    expected = stats.chisquare([144_300, 144_389]).pvalue
    assert row["srm_p_value"] == pytest.approx(expected, rel=1e-9)
    assert expected > 0.5


def test_welch_equals_scipy_on_the_same_users(warehouse):
    # The users and their values straight from the file, without the project.
    values = duckdb.sql(f"""
        with users as (
            select user_id, min("group") as variant, min(timestamp) as first_seen
            from '{FILE}' group by user_id having count(distinct "group") = 1
        ), conversions as (
            select distinct users.user_id
            from users join '{FILE}' as raw on users.user_id = raw.user_id
            where converted = 1
                and cast(raw.timestamp as timestamp) + interval 1 minute
                    < cast(first_seen as timestamp) + interval 14 day
        )
        select variant, (conversions.user_id is not null)::int as value
        from users left join conversions using (user_id)
    """).df()
    control = values.loc[values.variant == "control", "value"]
    treatment = values.loc[values.variant == "treatment", "value"]
    expected = stats.ttest_ind(treatment, control, equal_var=False)
    interval = expected.confidence_interval(0.95)
    [row] = warehouse.query("""
        select * from experiment_results
        where not is_control and metric = 'conversion' and estimator = 'unadjusted'
    """)
    assert row["absolute_lift"] == pytest.approx(treatment.mean() - control.mean(), rel=1e-9)
    assert row["p_value"] == pytest.approx(expected.pvalue, rel=1e-9)
    assert row["t_statistic"] == pytest.approx(expected.statistic, rel=1e-9)
    assert row["degrees_of_freedom"] == pytest.approx(expected.df, rel=1e-9)
    assert row["absolute_lift_lower"] == pytest.approx(interval.low, rel=1e-9)
    assert row["absolute_lift_upper"] == pytest.approx(interval.high, rel=1e-9)
