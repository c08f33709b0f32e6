"""A simulated world with every fault, through the project, against what was simulated.

TRUTH_USERS sets its size; the answer has to be the same at any.
"""

import os

import pytest

from demo.config import INTERACTION, INTERACTION_ORDERS
from tests.python.harness.demo import generated_world
from tests.python.harness.warehouse import Warehouse

USERS = int(os.environ.get("TRUTH_USERS", "20000"))


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory) -> Warehouse:
    warehouse = generated_world(tmp_path_factory.mktemp("truth"), USERS, seed=11)
    warehouse.execute("create schema truth")
    for path in (warehouse.folder / "truth").glob("*.parquet"):
        warehouse.execute(f"create table truth.{path.stem} as select * from '{path}'")
    warehouse.dbt("build", "--exclude", "resource_type:unit_test")
    return warehouse


def test_every_identifier_belongs_to_the_person_who_has_it(warehouse):
    [row] = warehouse.query("""
        select
            count(*) as identifiers,
            count(*) filter (where identities.user_key is distinct from truth.canonical) as wrong
        from truth.identifiers as truth
        left join identity_map as identities
            on truth.identifier = identities.identifier
            and truth.identifier_type = identities.identifier_type
    """)
    assert row["identifiers"] > USERS
    assert row["wrong"] == 0


def test_nobody_is_counted_twice(warehouse):
    [row] = warehouse.query("""
        select
            (select count(*) from experiment_assignments) as assignments,
            (select count(*) from truth.observed_assignments) as exposed_users,
            (select count(*) from identity_map) as identifiers,
            (select count(distinct (identifier, identifier_type)) from identity_map) as distinct_ids
    """)
    assert row["assignments"] == row["exposed_users"] > 0
    assert row["identifiers"] == row["distinct_ids"]


def test_every_assignment_is_the_simulated_one(warehouse):
    wrong = warehouse.query("""
        select truth.*, assignments.*
        from truth.observed_assignments as truth
        full join experiment_assignments as assignments
            on truth.canonical = assignments.user_key
            and truth.experiment_id = assignments.experiment_id
        where
            assignments.variant is distinct from truth.variant
            or assignments.assigned_at is distinct from truth.first_assigned_at
            or assignments.exposures is distinct from truth.exposures
            or assignments.is_crossover is distinct from truth.is_crossover
            or assignments.exclusion_reason is distinct from truth.exclusion_expected
        limit 3
    """)
    assert wrong == []


def test_revenue_and_orders_per_experiment_and_variant_to_the_cent(warehouse):
    expected = """
        select
            assignments.experiment_id,
            assignments.variant,
            count(orders.order_id) as orders,
            coalesce(sum(cast(round(orders.revenue * 100) as hugeint)), 0) as cents
        from truth.observed_assignments as assignments
        left join truth.orders as orders
            on assignments.canonical = orders.canonical
            and orders.ordered_at >= assignments.first_assigned_at
            and orders.ordered_at < assignments.first_assigned_at + interval 14 day
        where assignments.exclusion_expected is null
        group by all order by all
    """
    actual = """
        select
            experiment_id,
            variant,
            cast(max(total) filter (where metric = 'orders_per_user') as bigint) as orders,
            cast(round(max(total) filter (where metric = 'revenue_per_user') * 100) as hugeint)
                as cents
        from experiment_results
        group by all order by all
    """
    rows = warehouse.query(expected)
    assert sum(row["orders"] for row in rows) > USERS / 10
    assert warehouse.query(actual) == rows


def test_every_event_has_one_user(warehouse):
    [row] = warehouse.query("""
        select
            (select count(*) from analytics_staging.int_user_events) as events,
            (
                select count(distinct (message_id, measure))
                from analytics_staging.stg_segment__metric_events
                where rejection_reason is null
            ) as raw_events,
            (select count(*) from analytics_staging.int_user_spans) as spans,
            (select count(*) from analytics_staging.int_activity_spans) as kept_spans
    """)
    assert row["events"] == row["raw_events"] > USERS / 2
    assert row["spans"] == row["kept_spans"] > USERS / 2


def test_the_pair_built_to_interact_is_found_and_no_other(warehouse):
    rows = warehouse.query("""
        select * from experiment_interactions where metric = 'orders_per_user' and status = 'ok'
    """)
    found = {(row["experiment_a"], row["experiment_b"]) for row in rows if row["p_value_bh"] < 0.05}
    assert len(rows) > 30
    assert found == {INTERACTION}
    [row] = [row for row in rows if (row["experiment_a"], row["experiment_b"]) == INTERACTION]
    assert row["lower"] < INTERACTION_ORDERS < row["upper"]


def test_the_strongest_effect_on_conversion_is_the_simulated_one(warehouse):
    rows = warehouse.query("""
        select experiment_id, variant, p_value from experiment_marginal_effects
        where metric = 'signup_conversion' and p_value < 0.001 order by effect_rank
    """)
    winner = ("homepage-hero-headline-2026-09", "short-headline")
    assert (rows[0]["experiment_id"], rows[0]["variant"]) == winner
    rows = warehouse.query("""
        select experiment_id from experiment_marginal_effects
        where metric = 'orders_per_user' and p_value < 0.001 order by effect_rank
    """)
    assert rows[0]["experiment_id"] == "pricing-page-annual-toggle-2026-10"
