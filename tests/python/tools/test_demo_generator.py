"""The demo data: deterministic, shaped like Segment's tables, faulty as promised, and true."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from demo import generate as generate_module
from demo import ids
from demo.config import (
    DAY,
    END,
    EXPERIMENTS,
    HOUR,
    MINUTE,
    START,
    Behaviour,
    Experiment,
    Faults,
    Settings,
    snake_case,
)
from demo.generate import generate, main
from demo.generate_seeds import generate_seeds
from demo.registry import write_registry
from demo.tables import EVENTS, SCHEMAS, plain
from demo.world import Chunk, simulate
from demo.writers import CsvWriter, DuckdbWriter, ParquetWriter

ROOT = Path(__file__).parents[3]
SEEDS = ROOT / "seeds"
HERO = "homepage-hero-headline-2026-09"
CHECKOUT = "checkout-form-one-page-2026-09"
PRICING = "pricing-page-annual-toggle-2026-10"
SOCIAL = "signup-form-social-login-2026-10"
TOUR = "onboarding-flow-guided-tour-2026-09"
SEARCH = "search-results-ranking-2026-10"
BANNER = "cart-banner-free-shipping-2026-10"
UPSELL = "cart-summary-upsell-2026-10"
GREEN = "Green button test"
MESSAGE_TABLES = [name for name in SCHEMAS if name != "users"]

Connection = duckdb.DuckDBPyConnection


@pytest.fixture(scope="module")
def world() -> Chunk:
    return simulate(3, 0, 0, 20_000, Settings())


@pytest.fixture(scope="module")
def sql(world: Chunk) -> Connection:
    """The tables of the world by name, its truth as truth_<name>."""
    connection = duckdb.connect()
    for name, table in world.tables.items():
        connection.register(name, plain(table))
    for name, table in world.truth.items():
        connection.register(f"truth_{name}", plain(table))
    return connection


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The seeds, made again, with their truth in the folder truth."""
    folder = tmp_path_factory.mktemp("seeds")
    generate_seeds(folder, folder / "truth")
    return folder


@pytest.fixture(scope="module")
def seed_sql(seeds: Path) -> Connection:
    """The truth of the seeds as truth_<name>."""
    connection = duckdb.connect()
    for path in (seeds / "truth").glob("*.parquet"):
        connection.execute(f"create view truth_{path.stem} as from '{path}'")
    return connection


def rows(connection: Connection, query: str, *values: object) -> list[tuple]:
    return connection.execute(query, list(values)).fetchall()


def number(connection: Connection, query: str, *values: object) -> float:
    return rows(connection, query, *values)[0][0]


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.*")}


def outcome(connection: Connection, experiment: str, variant: str, measure: str) -> np.ndarray:
    """One number per analysed user: `measure` over events within 14 days of the assignment."""
    table, time, value = {
        "sign_ups": ("sign_ups", "signed_up_at", "count(distinct events.canonical)"),
        "orders": ("orders", "ordered_at", "count(events.canonical)"),
        "revenue": ("orders", "ordered_at", "coalesce(sum(events.revenue), 0)"),
        "uses": ("feature_uses", "used_at", "count(events.canonical)"),
        "later_uses": ("feature_uses", "used_at - interval 1 hour", "count(events.canonical)"),
    }[measure]
    query = f"""
        select {value} as value
        from truth_observed_assignments as assignments
        left join truth_{table} as events
            on events.canonical = assignments.canonical
            and {time} >= first_assigned_at
            and {time} < first_assigned_at + interval 14 day
        where experiment_id = ? and variant = ? and exclusion_expected is null
        group by assignments.canonical
    """
    return np.array([float(row[0]) for row in rows(connection, query, experiment, variant)])


def p_value(connection: Connection, experiment: str, measure: str, arm: int = 1) -> float:
    variants = next(item.variants for item in EXPERIMENTS if item.id == experiment)
    control = outcome(connection, experiment, variants[0], measure)
    treatment = outcome(connection, experiment, variants[arm], measure)
    p = stats.ttest_ind(treatment, control, equal_var=False).pvalue
    return p if treatment.mean() > control.mean() else 1.0 + p


def users_per_arm(connection: Connection, experiment: str) -> list[int]:
    query = """
        select count(*) from truth_observed_assignments
        where experiment_id = ? and exclusion_expected is null group by variant order by variant
    """
    return [row[0] for row in rows(connection, query, experiment)]


# ------------------------------------------------------------------------------- determinism


@pytest.mark.parametrize(
    ("writer", "suffix"), [(CsvWriter, "csv"), (ParquetWriter, "parquet")], ids=["csv", "parquet"]
)
def test_same_seed_gives_the_same_bytes_and_another_seed_others(
    writer: type, suffix: str, tmp_path: Path
):
    for folder, seed in (("one", 5), ("two", 5), ("other", 6)):
        out = tmp_path / folder
        generate(400, seed, writer(out), writer(out / "truth"))
    one, two, other = (contents(tmp_path / folder) for folder in ("one", "two", "other"))
    assert len(one) == len(SCHEMAS) + 9
    assert one == two
    same = {name for name in one if one[name] == other[name]}
    assert same == {f"truth/experiments.{suffix}"}


def test_chunks_are_different_people_with_different_ids(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(generate_module, "CHUNK", 150)
    done = []
    generate(
        400,
        1,
        ParquetWriter(tmp_path),
        ParquetWriter(tmp_path / "truth"),
        settings=Settings(faults=Faults(redelivered=0, redelivered_late=0)),
        report=done.append,
    )
    assert done == [150, 300, 400]
    connection = duckdb.connect()
    tracks = f"from '{tmp_path}/tracks.parquet'"
    assert number(connection, f"select count(*) - count(distinct id) {tracks}") == 0
    people = f"from '{tmp_path}/truth/people.parquet'"
    # Few people leave nothing behind.
    found = number(connection, f"select count(distinct person) {people} where person < 400")
    assert 350 < found == number(connection, f"select count(*) {people}")
    assert rows(connection, f"select min(person // 150), max(person // 150) {people}") == [(0, 2)]
    owners = f"""
        select count(*) from (
            select identifier from '{tmp_path}/truth/identifiers.parquet'
            where shared_device is null group by identifier having count(*) > 1
        )
    """
    assert number(connection, owners) == 0
    orders = f"select count(*) - count(distinct order_id) from '{tmp_path}/truth/orders.parquet'"
    assert number(connection, orders) == 0


def test_formats_hold_the_same_rows(tmp_path: Path):
    generate(300, 2, ParquetWriter(tmp_path), ParquetWriter(tmp_path / "truth"))
    generate(300, 2, CsvWriter(tmp_path), CsvWriter(tmp_path / "truth"))
    database = DuckdbWriter(tmp_path / "test.duckdb", "segment")
    generate(300, 2, database, ParquetWriter(tmp_path / "truth"), threads=1)
    connection = duckdb.connect(str(tmp_path / "test.duckdb"))
    for name, schema in SCHEMAS.items():
        columns = ", ".join(f'"{field}"' for field in schema.names)
        expected = rows(
            connection, f"select {columns} from '{tmp_path}/{name}.parquet' order by all"
        )
        assert expected
        found = f"select {columns} from segment.{name} order by all"
        assert rows(connection, found) == expected
        as_text = ", ".join(
            f"nullif(\"{field.name}\", '')::{_type(field.type)}" for field in schema
        )
        read = f"read_csv('{tmp_path}/{name}.csv', all_varchar = true, nullstr = '')"
        assert rows(connection, f"select {as_text} from {read} order by all") == expected


def _type(arrow: pa.DataType) -> str:
    names = {pa.string(): "varchar", pa.int64(): "bigint", pa.float64(): "double"}
    return names.get(arrow, "timestamp")


# --------------------------------------------------------------------------------- raw tables


def test_columns_and_types(world: Chunk):
    common = ["id", "anonymous_id", "user_id", "original_timestamp", "sent_at", "received_at"]
    common += ["timestamp", "uuid_ts"]
    expected = {
        "experiment_viewed": "event event_text experiment_id variant assigned_at context_page_path "
        "context_device_type context_campaign_source context_location_country context_library_name",
        "ab_test_assigned": "event event_text experiment_id experiment_name variation_id",
        "aliases": "previous_id",
        "tracks": "event event_text",
        "pages": "context_page_path",
        "signed_up": "event event_text method",
        "order_completed": "event event_text order_id revenue currency coupon",
        "feature_used": "event event_text feature_name",
    }
    for name, columns in expected.items():
        assert world.tables[name].column_names == common + columns.split()
    traits = [
        "experiments_homepage_hero_headline_2026_09",
        "experiments_checkout_form_one_page_2026_09",
        "experiments_pricing_page_annual_toggle_2026_10",
        "experiments_signup_form_social_login_2026_10",
        "experiments_onboarding_flow_guided_tour_2026_09",
        "experiments_search_results_ranking_2026_10",
        "experiments_cart_banner_free_shipping_2026_10",
        "experiments_cart_summary_upsell_2026_10",
        "homepage_hero_headline_2026_09",
    ]
    assert world.tables["identifies"].column_names == [*common, "email", "plan", *traits]
    assert world.tables["users"].column_names == [
        "id",
        "received_at",
        "uuid_ts",
        "email",
        "plan",
        *traits,
    ]
    for name, table in world.tables.items():
        assert plain(table).schema.equals(SCHEMAS[name])
        for field in SCHEMAS[name]:
            if field.name.endswith(("_at", "_ts", "timestamp")):
                assert field.type == pa.timestamp("ms")
            # A column exists only once a value for it has arrived.
            assert table[field.name].null_count < len(table), (name, field.name)
    assert SCHEMAS["ab_test_assigned"].field("variation_id").type == pa.int64()
    search = "experiments_search_results_ranking_2026_10"
    assert SCHEMAS["identifies"].field(search).type == pa.int64()
    assert SCHEMAS["order_completed"].field("revenue").type == pa.float64()


def test_names_are_made_as_segment_makes_them():
    assert snake_case("AB Test Assigned") == "ab_test_assigned"
    assert snake_case("experimentId") == "experiment_id"
    assert snake_case("UTMSource") == "utmsource"
    assert snake_case("A/B Test") == "a_b_test"
    assert [snake_case(text) for text in EVENTS.values()] == list(EVENTS)


@pytest.mark.parametrize("name", MESSAGE_TABLES)
def test_timestamp_is_received_less_what_the_message_waited(name: str, world: Chunk):
    received, sent, original, timestamp, loaded = (
        world.tables[name][column].to_numpy().astype(np.int64)
        for column in ("received_at", "sent_at", "original_timestamp", "timestamp", "uuid_ts")
    )
    assert len(received) > 100
    assert (timestamp == received - (sent - original)).all()
    assert (sent > original).all()
    assert (received > timestamp).all()
    assert (loaded >= received).all()
    assert timestamp.min() >= START
    assert received.max() < END + MINUTE


def test_tracks_has_every_row_of_every_track_table(sql: Connection):
    tables = " union all ".join(f"select id, received_at, event from {name}" for name in EVENTS)
    missing = (
        f"select count(*) from ({tables} except all select id, received_at, event from tracks)"
    )
    more = f"select count(*) from (select id, received_at, event from tracks except all ({tables}))"
    assert number(sql, missing) == 0
    assert number(sql, more) == 0
    assert {row[0] for row in rows(sql, "select distinct event from tracks")} == set(EVENTS)


def test_a_message_id_stands_in_one_kind_of_table(sql: Connection):
    tables = " union all ".join(
        f"select distinct id, '{name}' as name from {name}"
        for name in MESSAGE_TABLES
        if name != "tracks"
    )
    query = f"select count(*) from (select id from ({tables}) group by id having count(*) > 1)"
    assert number(sql, query) == 0


def test_an_identify_with_both_ids_comes_with_every_login(sql: Connection):
    query = """
        select count(*) from (
            select identifier, canonical from truth_identifiers
            where is_linked and identifier_type = 'anonymous_id' and shared_device is null
            except select anonymous_id, user_id from identifies
        )
    """
    linked = "select count(*) from truth_identifiers where is_linked"
    assert number(sql, linked) > 3_000
    assert number(sql, query) == 0


def test_users_have_the_latest_traits(sql: Connection):
    query = """
        select users.id
        from users
        join identifies on identifies.user_id = users.id
        group by users.id, users.plan, users.received_at, users.experiments_{slug}
        having users.received_at != max(identifies.received_at)
            or users.plan != arg_max(identifies.plan, identifies.received_at)
            or users.experiments_{slug} is distinct from arg_max(
                identifies.experiments_{slug}, identifies.received_at
            ) filter (identifies.experiments_{slug} is not null)
    """
    for slug in (snake_case(PRICING), snake_case(SEARCH)):
        assert rows(sql, query.format(slug=slug)) == []
    assert number(sql, "select count(*) - count(distinct user_id) from identifies") > 100
    assert number(sql, "select count(*) from users") == number(
        sql, "select count(distinct user_id) from identifies"
    )


def test_activity_decays_and_customers_have_a_history(sql: Connection):
    query = """
        with first as (select anonymous_id, min(timestamp) as since from pages group by all)
        select count(*) from pages join first using (anonymous_id)
        where timestamp >= since + interval {low} day and timestamp < since + interval {high} day
    """
    weeks = [number(sql, query.format(low=low, high=low + 7)) for low in (1, 8, 15, 22)]
    assert weeks == sorted(weeks, reverse=True)
    assert weeks[0] > 1.5 * weeks[-1] > 0
    before = """
        select count(*) from truth_orders as orders
        join truth_observed_assignments as assignments using (canonical)
        where experiment_id = ? and ordered_at < first_assigned_at
            and ordered_at >= first_assigned_at - interval 14 day
    """
    assert number(sql, before, PRICING) > 100
    assert number(sql, before, HERO) > 10


def test_shares_of_people(sql: Connection):
    behaviour = Behaviour()
    customers = number(sql, "select avg(is_customer_from_before::int) from truth_people")
    assert customers == pytest.approx(behaviour.customers, abs=0.01)
    several = number(sql, "select avg((anonymous_ids > 1)::int) from truth_people")
    assert 0.03 < several < behaviour.second_device + behaviour.loses_cookie
    new = "select avg(is_known::int) from truth_people where not is_customer_from_before"
    assert 0.05 < number(sql, new) < 0.2
    across = """
        select count(*) from truth_people where is_known and linked_anonymous_ids > 1
    """
    assert number(sql, across) > 100


# --------------------------------------------------------------------------------- the faults


def share(connection: Connection, table: str, condition: str) -> float:
    return number(connection, f"select avg(coalesce({condition}, false)::int) from {table}")


def test_messages_are_redelivered(world: Chunk, sql: Connection):
    query = " union all ".join(
        f"select count(*) as found, count(distinct id) as messages, sum(gap) as late from ("
        f"select id, (row_number() over (partition by id order by received_at) > 1"
        f" and received_at - min(received_at) over (partition by id) > interval 2 day)::int as gap"
        f" from {name})"
        for name in MESSAGE_TABLES
        if name != "tracks"
    )
    found, messages, late = rows(
        sql, f"select sum(found), sum(messages), sum(late)::int from ({query})"
    )[0]
    counts = world.counts
    assert messages == counts["messages"]
    assert found - messages == counts["redelivered"] + counts["redelivered_late"]
    assert late == counts["redelivered_late"]
    # Stamped anew by the client the event keeps its time; as it was, the time moves.
    moved = " union all ".join(
        f"select id from {name} group by id having count(distinct timestamp) > 1"
        for name in MESSAGE_TABLES
        if name != "tracks"
    )
    assert number(sql, f"select count(*) from ({moved})") == counts["redelivered_late"]
    assert counts["redelivered"] / messages == pytest.approx(Faults().redelivered, rel=0.3)
    # Near the end of the data there is no time left for another delivery.
    assert 0.4 < counts["redelivered_late"] / messages / Faults().redelivered_late < 1.1


def test_messages_arrive_late(sql: Connection):
    late = share(sql, "tracks", "received_at - timestamp > interval 1 day")
    assert 0.01 < late < 0.05
    assert share(sql, "experiment_viewed", "received_at - timestamp > interval 1 day") > 0.01


def test_clocks_are_wrong_by_hours_to_years(sql: Connection):
    # A message delivered again much later has a timestamp of its own, so look at single ones.
    query = """
        select abs(epoch_ms(timestamp) - epoch_ms(original_timestamp)),
            assigned_at = original_timestamp
        from experiment_viewed
        qualify count(*) over (partition by id) = 1
            and abs(epoch_ms(timestamp) - epoch_ms(original_timestamp)) > 30 * 60 * 1000
    """
    found = rows(sql, query)
    total = number(sql, "select count(*) from experiment_viewed")
    assert len(found) / total == pytest.approx(Faults().wrong_clock, rel=0.4)
    skews = [row[0] for row in found]
    assert min(skews) < 10 * HOUR
    assert max(skews) > 300 * DAY
    assert {row[1] for row in found} == {True, None}


def test_assignments_are_dispatched_later(sql: Connection):
    assert share(sql, "experiment_viewed", "assigned_at is not null") == pytest.approx(
        Behaviour().assigned_at, abs=0.02
    )
    usual = "abs(epoch_ms(timestamp) - epoch_ms(original_timestamp)) < 60000"
    late = share(
        sql,
        "experiment_viewed",
        f"assigned_at < timestamp - interval 30 second and {usual}",
    )
    expected = Behaviour().assigned_at * Behaviour().dispatch_delay
    assert late == pytest.approx(expected, rel=0.25)
    after = share(sql, "experiment_viewed", f"assigned_at > timestamp and {usual}")
    assert after == 0


def test_exposures_fire_again(world: Chunk, sql: Connection):
    query = """
        select count(distinct id) / count(distinct (anonymous_id, user_id))
        from experiment_viewed where experiment_id = ?
    """
    assert number(sql, query, TOUR) > 1.3
    assert number(sql, query, BANNER) > 1.1
    assert number(sql, query, CHECKOUT) < 1.1
    assert world.counts["fired_again"] > 500


def test_traits_are_not_namespaced_or_wrong(world: Chunk, sql: Connection):
    loose = number(sql, "select count(homepage_hero_headline_2026_09) from identifies")
    right = number(sql, "select count(experiments_homepage_hero_headline_2026_09) from identifies")
    assert loose / (loose + right) == pytest.approx(Faults().loose_trait, rel=0.3)
    both = "homepage_hero_headline_2026_09 is not null"
    both += " and experiments_homepage_hero_headline_2026_09 is not null"
    assert share(sql, "identifies", both) == 0
    assert world.counts["wrong_trait"] > 10


def test_aliases_repeat_point_at_themselves_chain_and_go_round(world: Chunk, sql: Connection):
    again = """
        select count(*) from (
            select 1 from aliases group by previous_id, user_id having count(distinct id) > 1
        )
    """
    assert number(sql, again) > 100
    own = share(sql, "aliases", "previous_id = user_id")
    assert own == pytest.approx(Faults().self_alias, rel=0.3)
    chain = """
        select count(distinct one.user_id) from aliases as one
        join aliases as two on two.previous_id = one.user_id and two.user_id != one.user_id
        where one.previous_id = one.anonymous_id and one.user_id like '%@example.com'
    """
    assert number(sql, chain) == world.counts["alias_chain"] > 5
    cycle = """
        select count(distinct one.previous_id) from aliases as one
        join aliases as two on two.previous_id = one.user_id and two.user_id = one.previous_id
        where one.previous_id != one.user_id
    """
    assert number(sql, cycle) == 2
    assert world.counts["alias_cycle"] == 1


def test_devices_are_shared(world: Chunk, sql: Connection):
    query = """
        select users, count(*) from (
            select anonymous_id, count(distinct user_id) as users from identifies
            where anonymous_id not in ('null', 'undefined', 'anonymous')
                and user_id not in ('null', 'undefined', 'anonymous')
            group by anonymous_id having users > 1
        ) group by users order by users
    """
    found = dict(rows(sql, query))
    # Of some families only one member ever used the common device.
    assert 0.8 < found.pop(2) / world.counts["family_devices"] <= 1
    assert set(found) <= set(range(4, 9))
    assert sum(found.values()) == world.counts["kiosks"] == round(20_000 * Faults().kiosks)
    nobody = """
        select count(*) from truth_identifiers
        where shared_device = 'kiosk' and identifier = canonical and not is_linked
    """
    assert number(sql, nobody) == world.counts["kiosks"]


def test_users_are_in_two_variants(world: Chunk, sql: Connection):
    rate = world.counts["crossover"] / world.counts["crossover_candidates"]
    assert rate == pytest.approx(Faults().crossover, rel=0.4)
    crossed = number(sql, "select count(*) from truth_assignments where is_crossover")
    assert crossed == world.counts["crossover"]
    evident = "select count(*) from truth_{} where exclusion_expected = 'crossover'"
    by_person = number(sql, evident.format("assignments"))
    assert 5 < by_person < crossed
    assert number(sql, evident.format("observed_assignments")) == by_person


def test_ids_and_variants_are_blank(world: Chunk, sql: Connection):
    blank = "from experiment_viewed where coalesce(trim(variant), '') = ''"
    assert number(sql, f"select count(distinct id) {blank}") == world.counts["blank_variant"] > 10
    assert len(rows(sql, f"select distinct variant is null {blank}")) == 2
    nobody = """
        select count(distinct id) from experiment_viewed where user_id is null
            and coalesce(trim(anonymous_id), '') in ('', 'null', 'undefined')
    """
    assert number(sql, nobody) == world.counts["blank_id"] > 10
    for column, other in (("anonymous_id", "user_id"), ("user_id", "anonymous_id")):
        merged = f"select count(distinct {other}) from identifies where {column} = 'undefined'"
        assert number(sql, merged) > 3


def test_testers_and_unknown_variants(world: Chunk, sql: Connection):
    early = 0
    for item in EXPERIMENTS:
        query = """
            select count(distinct id) from experiment_viewed
            where experiment_id = ? and epoch_ms(timestamp) < ?
        """
        early += number(sql, query, item.id, item.start)
    assert early == world.counts["early_assignment"]
    assert early == pytest.approx(20_000 * Faults().early_assignment, rel=0.1)
    preview = "select count(distinct id) from experiment_viewed where variant = 'preview'"
    assert number(sql, preview) == world.counts["unknown_variant"] == 20
    expected = rows(
        sql,
        "select exclusion_expected, count(*) from truth_assignments "
        "where exclusion_expected != 'crossover' group by all order by all",
    )
    assert expected == [("outside_dates", early), ("unknown_variant", 20)]


def test_no_faults_when_every_rate_is_zero():
    none = Faults(**dict.fromkeys(Faults.__dataclass_fields__, 0.0))
    world = simulate(1, 0, 0, 3_000, Settings(faults=none))
    kept = {"messages", "exposures", "fired_again", "lost_people", "crossover_candidates"}
    kept |= {"alias_cycle"}
    assert {name: count for name, count in world.counts.items() if name not in kept and count} == {}
    assert world.counts["messages"] > 5_000
    tracks = world.tables["tracks"]
    assert len(set(tracks["id"].to_pylist())) == len(tracks)


# ----------------------------------------------------------------------------------- the truth

OBSERVED = """
    with messages as (
        select id, anonymous_id, user_id, experiment_id, variant, assigned_at, original_timestamp,
            timestamp, received_at
        from experiment_viewed
        union all
        select id, anonymous_id, user_id, experiment_id, variation_id::varchar, null,
            original_timestamp, timestamp, received_at
        from ab_test_assigned
    ),
    delivered_once as (
        from messages
        where trim(variant) != '' and coalesce(user_id, anonymous_id) not in
            ('null', 'undefined', 'anonymous', ' ')
        qualify row_number() over (partition by id order by received_at) = 1
    ),
    identifiers as (
        select distinct identifier, canonical from truth_identifiers
        where identifier_type = 'anonymous_id'
    ),
    exposures as (
        select
            coalesce(messages.user_id, canonical) as canonical, experiment_id, variant,
            -- A clock that is wrong by more than a minute is not believed.
            case when abs(epoch_ms(timestamp) - epoch_ms(original_timestamp)) < 60000
                then coalesce(assigned_at, timestamp) else timestamp end as assigned
        from delivered_once as messages
        join identifiers on identifiers.identifier = messages.anonymous_id
    )
    select canonical, experiment_id, arg_min(variant, assigned) as variant,
        min(assigned) as first_assigned_at, count(*) as exposures,
        count(distinct variant) > 1 as is_crossover
    from exposures
    group by canonical, experiment_id
"""


def test_assignments_follow_from_the_tables(sql: Connection):
    truth = """
        select canonical, experiment_id, variant, first_assigned_at, exposures, is_crossover
        from truth_observed_assignments
    """
    assert number(sql, f"select count(*) from ({truth})") > 20_000
    assert rows(sql, f"({truth}) except all ({OBSERVED})") == []
    assert rows(sql, f"({OBSERVED}) except all ({truth})") == []


def test_orders_follow_from_the_tables(sql: Connection):
    observed = """
        select order_id, coalesce(user_id, canonical) as canonical, timestamp, revenue
        from (
            from order_completed
            qualify row_number() over (partition by id order by received_at) = 1
        ) as orders
        join (
            select distinct identifier, canonical from truth_identifiers
            where identifier_type = 'anonymous_id'
        ) on identifier = anonymous_id
    """
    truth = "select order_id, canonical, ordered_at, revenue from truth_orders"
    assert number(sql, f"select count(*) from ({truth})") > 2_000
    assert rows(sql, f"({truth}) except all ({observed})") == []
    assert rows(sql, f"({observed}) except all ({truth})") == []
    skewed = "select avg(revenue) > 1.1 * median(revenue), min(revenue) >= 1 from truth_orders"
    assert rows(sql, skewed) == [(True, True)]


def test_a_person_is_one_canonical_id_or_one_per_unlinked_anonymous_id(sql: Connection):
    expected = number(sql, "select sum(is_known::int) from truth_people")
    expected += number(
        sql,
        "select count(distinct identifier) from truth_identifiers where identifier = canonical"
        " and identifier_type = 'anonymous_id'",
    )
    found = "select count(distinct canonical) from truth_identifiers"
    assert number(sql, found) == expected
    assert expected > number(sql, "select count(*) from truth_people")


def test_effects_are_in_the_truth_of_a_large_run(sql: Connection):
    assert p_value(sql, HERO, "sign_ups") < 1e-20
    for experiment, arm in ((HERO, 2), (CHECKOUT, 1), (SEARCH, 1), (GREEN, 1), (SOCIAL, 1)):
        for measure in ("sign_ups", "orders", "revenue", "uses"):
            assert p_value(sql, experiment, measure, arm) % 1 > 0.001, (experiment, measure)
    assert p_value(sql, PRICING, "orders") < 1e-20
    assert p_value(sql, PRICING, "revenue") < 1e-20
    assert p_value(sql, TOUR, "uses") < 1e-20
    assert p_value(sql, TOUR, "later_uses") % 1 > 0.001
    assert stats.chisquare(users_per_arm(sql, SOCIAL)).pvalue < 1e-20
    for item in EXPERIMENTS:
        if item.id != SOCIAL:
            assert stats.chisquare(users_per_arm(sql, item.id)).pvalue > 0.001, item.id


def test_the_tour_does_not_bring_people_back(sql: Connection):
    query = """
        select count(distinct assignments.canonical), count(distinct case
            when pages.timestamp >= first_assigned_at + interval 7 day
                and pages.timestamp < first_assigned_at + interval 14 day
            then assignments.canonical end)
        from truth_observed_assignments as assignments
        join truth_identifiers as identifiers using (canonical)
        left join pages on pages.anonymous_id = identifiers.identifier
        where experiment_id = ? and exclusion_expected is null
        group by variant
    """
    counts = rows(sql, query, TOUR)
    table = [[back, users - back] for users, back in counts]
    assert min(min(row) for row in table) > 50
    assert stats.chi2_contingency(table).pvalue > 0.01


def cells(connection: Connection) -> dict[tuple[str, str], float]:
    """Mean orders of people in both cart experiments, by both variants."""
    query = """
        select banner.variant, upsell.variant, avg((
            select count(*) from truth_orders as orders
            where orders.canonical = banner.canonical
                and ordered_at >= greatest(banner.first_assigned_at, upsell.first_assigned_at)
        ))
        from truth_observed_assignments as banner
        join truth_observed_assignments as upsell using (canonical)
        where banner.experiment_id = ? and upsell.experiment_id = ?
            and banner.exclusion_expected is null and upsell.exclusion_expected is null
        group by all
    """
    return {(one, two): mean for one, two, mean in rows(connection, query, BANNER, UPSELL)}


def test_the_cart_experiments_interact(sql: Connection, seed_sql: Connection):
    for connection in (sql, seed_sql):
        mean = cells(connection)
        assert mean["banner", "upsell"] > mean["control", "control"] + 0.35
        assert abs(mean["banner", "control"] - mean["control", "control"]) < 0.2
        assert abs(mean["control", "upsell"] - mean["control", "control"]) < 0.2


def test_the_truth_names_every_variant(seeds: Path, seed_sql: Connection):
    found = rows(
        seed_sql,
        "select experiment_id, variant, sign_up_probability_lift > 0, orders_lift > 0.1, "
        "lost_share > 0, story from truth_experiments",
    )
    assert [row[:2] for row in found] == [
        (item.id, variant) for item in EXPERIMENTS for variant in item.variants
    ]
    assert [row[1] for row in found if row[2]] == ["short-headline"]
    assert [row[1] for row in found if row[3]] == ["annual-first"]
    assert [row[1] for row in found if row[4]] == ["social-login"]
    assert all(row[5] for row in found)


# ----------------------------------------------------------------------------------- the seeds


def test_committed_seeds_are_what_the_generator_gives(seeds: Path):
    names = [f"segment_demo/segment_demo__{name}.csv" for name in SCHEMAS]
    names += ["experiments.csv", "experiment_variants.csv"]
    assert {path.name for path in (SEEDS / "segment_demo").glob("*.csv")} == {
        Path(name).name for name in names[:-2]
    }
    for name in names:
        assert (SEEDS / name).read_bytes() == (seeds / name).read_bytes(), (
            f"{name} is stale: run python -m demo.generate_seeds"
        )


def test_committed_seeds_are_small_and_valid_csv():
    files = list((SEEDS / "segment_demo").glob("*.csv"))
    assert len(files) == len(SCHEMAS)
    assert sum(path.stat().st_size for path in files) < 3_000_000
    for path in files:
        name = path.stem.removeprefix("segment_demo__")
        with path.open(newline="", encoding="utf-8") as file:
            header, *lines = csv.reader(file)
        assert header == SCHEMAS[name].names
        assert len(lines) > 100
        assert {len(line) for line in lines} == {len(header)}
        received = [line[header.index("received_at")] for line in lines]
        assert received == sorted(received)
        assert all(len(value) == len("2026-09-07 12:34:56.789") for value in received)


def test_registry_lists_all_but_one_experiment():
    with (SEEDS / "experiments.csv").open(newline="", encoding="utf-8") as file:
        experiments = {row["experiment_id"]: row for row in csv.DictReader(file)}
    with (SEEDS / "experiment_variants.csv").open(newline="", encoding="utf-8") as file:
        variants = list(csv.DictReader(file))
    assert set(experiments) == {HERO, CHECKOUT, PRICING, SOCIAL, TOUR, SEARCH, BANNER, UPSELL}
    assert experiments[HERO]["started_at"] == "2026-09-07 00:00:00"
    assert experiments[HERO]["ended_at"] == "2026-10-19 00:00:00"
    concluded = {name for name, row in experiments.items() if row["ended_at"]}
    assert concluded == {HERO, CHECKOUT, TOUR}
    assert experiments[SEARCH]["control_variant"] == "0"
    assert experiments[SEARCH]["owner"] == experiments[SEARCH]["primary_metric"] == ""
    for name, row in experiments.items():
        own = [item for item in variants if item["experiment_id"] == name]
        assert row["control_variant"] in {item["variant"] for item in own}
        assert sum(float(item["expected_share"]) for item in own) == pytest.approx(1, abs=1e-5)
    assert sum(item["experiment_id"] == HERO for item in variants) == 3


def test_every_fault_is_in_the_seeds(seed_sql: Connection):
    faults = dict(rows(seed_sql, 'select name, "count" from truth_faults'))
    assert {name for name, count in faults.items() if count == 0} == set(), json.dumps(faults)
    evident = "select count(*) from truth_assignments where exclusion_expected = 'crossover'"
    assert number(seed_sql, evident) >= 3


def test_the_story_is_visible_in_the_seeds(seed_sql: Connection):
    assert min(users_per_arm(seed_sql, HERO)) >= 600
    assert p_value(seed_sql, HERO, "sign_ups") < 0.001
    assert p_value(seed_sql, PRICING, "orders") < 0.001
    assert p_value(seed_sql, PRICING, "revenue") < 0.01
    assert p_value(seed_sql, TOUR, "uses") < 0.001
    assert stats.chisquare(users_per_arm(seed_sql, SOCIAL)).pvalue < 0.001
    for experiment, arm in ((HERO, 2), (CHECKOUT, 1), (SEARCH, 1)):
        for measure in ("sign_ups", "orders", "revenue", "uses"):
            assert p_value(seed_sql, experiment, measure, arm) % 1 > 0.05, (experiment, measure)
    for item in EXPERIMENTS:
        if item.id != SOCIAL:
            assert stats.chisquare(users_per_arm(seed_sql, item.id)).pvalue > 0.05, item.id


# ----------------------------------------------------------------------- other experiments


def test_other_experiments_can_be_simulated(tmp_path: Path):
    def experiment(name: str, **other: object) -> Experiment:
        return Experiment(
            id=name, start=START, end=END, share=0.5, page="/", variants=("b", "a"), **other
        )

    texts, numbers = experiment("one", order_lift=(0.0, 1.0)), experiment("two")
    numbers = replace(numbers, variants=("0", "1"), table="ab_test_assigned")
    settings = Settings(experiments=(texts, numbers, experiment("three", registered=False)))
    world = simulate(1, 0, 0, 2_000, settings)

    viewed = world.tables["experiment_viewed"]
    assert set(viewed["experiment_id"].to_pylist()) == {"one", "three"}
    assert set(viewed["variant"].to_pylist()) == {"a", "b", "preview", " ", None}
    assert set(world.tables["ab_test_assigned"]["experiment_id"].to_pylist()) == {"two"}
    columns = world.tables["identifies"].column_names
    assert columns[columns.index("plan") + 1 :] == ["experiments_one", "experiments_two", "one"]
    assert world.tables["users"].schema.field("experiments_two").type == pa.int64()
    assert set(world.truth["assignments"]["experiment_id"].to_pylist()) == {"one", "two", "three"}

    write_registry(tmp_path, settings)
    _, *lines = (tmp_path / "experiment_variants.csv").read_text().splitlines()
    assert lines == ["one,b,0.5", "one,a,0.5", "two,0,0.5", "two,1,0.5"]


# ------------------------------------------------------------------------- commands and limits


def test_command_writes_a_duckdb_schema(tmp_path: Path, capsys: pytest.CaptureFixture):
    path = tmp_path / "new" / "demo.duckdb"
    arguments = ["--users", "200", "--seed", "4", "--out", str(tmp_path), "--format", "duckdb"]
    arguments += ["--duckdb-path", str(path), "--schema", "my schema"]
    # A second run replaces the tables of the first.
    assert main(arguments) == 0
    assert main(arguments) == 0
    connection = duckdb.connect(str(path), read_only=True)
    types = dict(
        rows(
            connection,
            "select column_name, data_type from information_schema.columns "
            "where table_schema = 'my schema' and table_name = 'ab_test_assigned'",
        )
    )
    assert types["received_at"] == "TIMESTAMP"
    assert types["variation_id"] == "BIGINT"
    assert types["id"] == "VARCHAR"
    found = number(connection, 'select count(*) from "my schema".tracks')
    assert f"tracks               {found:>14,} rows" in capsys.readouterr().out
    assert (tmp_path / "truth" / "orders.parquet").exists()


@pytest.mark.parametrize("format_", ["parquet", "csv"])
def test_command_writes_files(format_: str, tmp_path: Path):
    assert main(["--users", "50", "--out", str(tmp_path), "--format", format_]) == 0
    assert {path.name for path in tmp_path.glob("*.*")} == {f"{name}.{format_}" for name in SCHEMAS}
    assert (tmp_path / "truth" / f"faults.{format_}").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--users", "0"], "users must be at least 1"),
        (["--users", "5", "--seed", "-1"], "seed must be at least 0"),
    ],
)
def test_command_refuses_what_it_cannot_do(
    arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture
):
    assert main([*arguments, "--out", str(tmp_path)]) == 1
    assert message in capsys.readouterr().err


def test_more_people_than_ids_are_refused():
    with pytest.raises(ValueError, match="at most 33554432 users"):
        simulate(1, 99, ids.MAX_PEOPLE - 5, 10, Settings())


@pytest.mark.parametrize("users", [1, 2, 7])
def test_tiny_sizes_work(users: int, tmp_path: Path):
    generate(users, 1, CsvWriter(tmp_path), CsvWriter(tmp_path / "truth"))
    with (tmp_path / "tracks.csv").open() as file:
        assert csv.DictReader(file).fieldnames == SCHEMAS["tracks"].names
    with (tmp_path / "truth" / "people.csv").open() as file:
        assert len(list(csv.DictReader(file))) <= users
    assert {path.stem for path in tmp_path.glob("*.csv")} == set(SCHEMAS)


@given(st.integers(0, 2**63), st.integers(2, 10))
def test_scrambling_loses_no_number(salt: int, bits: int):
    scrambled = ids.scramble(np.arange(1 << bits), bits, salt)
    assert sorted(scrambled.tolist()) == list(range(1 << bits))


def test_ids_become_text_and_null():
    codes = np.concatenate(
        [
            ids.code(ids.ANONYMOUS, np.array([7, 8])),
            ids.code(ids.USER, np.array([7])),
            ids.code(ids.EMAIL, np.array([7])),
            np.array([ids.NULL, -2]),
        ]
    )
    one, two, user, email, null, word = ids.render(codes, 1).to_pylist()
    assert len(one) == len(two) == 9
    assert one != two
    assert email == f"{user}@example.com"
    assert null is None
    assert word == "null"
    assert ids.render(codes, 2).to_pylist()[0] != one
