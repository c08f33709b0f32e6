"""Every check of tracking_audit fires on its fault, with the right count, and is silent without."""

import datetime as dt
import json
import re

import pytest

from tests.python.harness.warehouse import DbtError, Warehouse

HERO = "home-hero-title-2026-03"
CART = "home-cart-button-2026-03"  # Its users are analysed from an activation event on.
START = dt.datetime(2026, 3, 1)
AT = dt.datetime(2026, 3, 10, 12)
HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)


def message(name: str, at: dt.datetime = AT, late: dt.timedelta = HOUR / 60, **fields) -> dict:
    """A raw row as Segment lands it; `late` is the time until it arrives."""
    return {
        "id": name,
        "anonymous_id": None,
        "user_id": None,
        "original_timestamp": at,
        "timestamp": at,
        "received_at": at + late,
        **fields,
    }


def exposure(name: str, variant: str | None = "control", **fields) -> dict:
    """An assignment to the hero experiment, a minute before the event."""
    at = fields.get("at", AT)
    row = {"user_id": f"u-{name}", "experiment_id": HERO, "is_test": None}
    row |= {"assigned_at": at - HOUR / 60, "variant": variant}
    return message(name, **row | fields)


def alias(name: str, previous: str, user: str, at: dt.datetime = AT, **fields) -> dict:
    return message(name, at, previous_id=previous, user_id=user, **fields)


def order(name: str, **fields) -> dict:
    """An order that the metric reads as it is."""
    return message(name, **{"user_id": "u0", "revenue": "12.50", "ordered_at": f"{AT}"} | fields)


# check -> [rows of experiment_viewed with the fault, affected_rows]
EXPOSURES = {
    "exposure_ignored": ([exposure("ignored", is_test=True)], 1),
    "exposure_without_id": ([exposure("nobody", user_id="null")], 1),
    "exposure_without_experiment": ([exposure("no-experiment", experiment_id=" ")], 1),
    # The one lost in a number column below has none, either.
    "exposure_without_variant": ([exposure("no-variant", None)], 1 + 1),
    "id_with_several_names": (
        [
            exposure(
                f"renamed-{name}", name, experiment_id="home-nav-size-2026-03", variation_id="7"
            )
            for name in ("large", "huge")
        ],
        1,
    ),
    # One variant by its name, two by its ids.
    "name_with_several_ids": (
        [
            exposure(f"named-{id}", "same", experiment_id="home-nav-font-2026-03", variation_id=id)
            for id in ("8", "9")
        ],
        1,
    ),
    # And the first of the lost cookie.
    "redelivered_exposure": ([exposure("twice"), exposure("twice", late=HOUR)], 1 + 1),
    # And the one on the first device again.
    "repeated_exposure": (
        [exposure(f"repeated-{view}", user_id="u-repeated") for view in range(3)],
        2 + 1,
    ),
    # The one of 1999 below has none, either.
    "assignment_time_missing": ([exposure("no-time", assigned_at=None)], 1 + 1),
    "assignment_time_is_a_day": ([exposure("day", assigned_at=dt.datetime(2026, 3, 10))], 1),
    "assignment_time_in_the_future": ([exposure("future", assigned_at=AT + DAY)], 1),
    "assignment_time_after_dispatch": (
        [exposure("after", assigned_at=AT + HOUR, late=3 * HOUR)],
        1,
    ),
    "assignment_time_before_experiment": ([exposure("before", assigned_at=START - DAY)], 1),
    "exposure_arrived_late": ([exposure("late", late=49 * HOUR), exposure("l", late=25 * HOUR)], 2),
    # The time of the one of 1999 differs from that of the client, too.
    "client_clock_wrong": ([exposure("clock", original_timestamp=AT - 900 * DAY)], 1 + 1),
    "experiment_not_registered": (
        [exposure("unregistered", experiment_id="home-nav-color-2026-03")],
        1,
    ),
    "variant_is_opaque": (
        [
            exposure("uuid", "3f2b8c1e-9a4d-4e6f-8b7a-0c1d2e3f4a5b"),
            exposure("hexadecimal", "5f3e9a2b7c4d1e6f8a9b"),
        ],
        2,
    ),
    # With those of the three reasons below.
    "user_in_several_variants": (
        [exposure("a", user_id="u-both"), exposure("b", "blue", user_id="u-both")],
        1 + 1 + 2 + 1,
    ),
    # u-both has no anonymous id: a server gave the account two variants.
    "several_variants_rerandomised": (
        [
            exposure("same-1", anonymous_id="a-same", user_id=None),
            exposure("same-2", "blue", anonymous_id="a-same", user_id=None, at=AT + HOUR),
        ],
        1 + 1,
    ),
    # On the first device again after the second; and a phone after a computer.
    "several_variants_second_device": (
        [
            exposure("turn-1", anonymous_id="a-t1", user_id="u-turn"),
            exposure("turn-2", "blue", anonymous_id="a-t2", user_id="u-turn", at=AT + HOUR),
            exposure("turn-3", anonymous_id="a-t1", user_id="u-turn", at=AT + 2 * HOUR),
            exposure("pc", anonymous_id="a-pc", user_id="u-pc", context_device_type="desktop"),
            exposure(
                "phone",
                "blue",
                anonymous_id="a-phone",
                user_id="u-pc",
                context_device_type="mobile",
                at=AT + HOUR,
            ),
        ],
        2,
    ),
    # The late copy of the first message is no visit.
    "several_variants_lost_cookie": (
        [
            exposure("old", anonymous_id="a-old", user_id="u-lost"),
            exposure("new", "blue", anonymous_id="a-new", user_id="u-lost", at=AT + 8 * DAY),
            exposure("old", anonymous_id="a-old", user_id="u-lost", at=AT + 9 * DAY),
        ],
        1,
    ),
    # The two opaque variants are not in the registry either.
    "user_in_unknown_variant": ([exposure("unknown", "green")], 1 + 2),
    "user_without_credible_time": (
        [exposure("1999", assigned_at=None, timestamp=dt.datetime(1999, 1, 1))],
        1,
    ),
    # The one assigned before the start is the other.
    "user_outside_dates": ([exposure("ended", at=dt.datetime(2026, 3, 29))], 1 + 1),
}
# check -> [rows of other tables with the fault, affected_rows]
OTHERS = {
    "variant_column_is_a_number": (
        {
            "ab_test_assigned": [
                exposure("number", 1, experiment_id="Number Test", at=AT - 5 * DAY),
            ]
        },
        1,
    ),
    "variant_lost_in_number_column": (
        {
            "ab_test_assigned": [
                exposure("lost", None, experiment_id="Number Test", at=AT - 5 * DAY),
            ]
        },
        1,
    ),
    # With the two that are shown by their ids above.
    "variant_is_a_number": ({}, 1 + 2),
    # The activity below.
    "setting_names_nothing": ({}, 1),
    "source_stale": ({}, 1),
    # Number Test, and the one with a dot below.
    "experiment_id_breaks_convention": ({}, 2),
    "experiment_month_differs": (
        {"experiment_viewed": [exposure("month", experiment_id="home-hero-size-2026-02")]},
        1,
    ),
    "experiments_share_a_column": (
        {
            "experiment_viewed": [
                exposure("dash", experiment_id="test-a-b-2026-03"),
                exposure("dot", experiment_id="test.a-b-2026-03"),
            ]
        },
        1,
    ),
    "trait_contradicts_exposure": (
        {
            "experiment_viewed": [exposure("contradicted")],
            "identifies": [
                message("i1", user_id="u-contradicted", experiments_home_hero_title_2026_03="blue")
            ],
        },
        1,
    ),
    "trait_without_exposure": (
        {
            "identifies": [
                message("i2", user_id="u-unseen", experiments_home_hero_title_2026_03="blue")
            ]
        },
        1,
    ),
    "trait_of_unknown_experiment": (
        {"identifies": [message("i3", user_id="u-x", experiments_never_seen_2026_03="blue")]},
        1,
    ),
    "trait_of_several_experiments": (
        {"identifies": [message("i4", user_id="u-dash", experiments_test_a_b_2026_03="control")]},
        1,
    ),
    "trait_not_readable": (
        {
            "identifies": [
                message("i9", user_id="u-z", experiments='{"home-hero-title-2026-03": "b')
            ]
        },
        1,
    ),
    "trait_not_namespaced": (
        {"identifies": [message("i5", user_id="u-y", home_hero_title_2026_03="blue")]},
        1,
    ),
    # His only such event was before the assignment.
    "user_not_activated": (
        {
            "experiment_viewed": [exposure("idle", experiment_id=CART)],
            "cart_viewed": [message("early", AT - DAY, user_id="u-idle")],
        },
        1,
    ),
    "shared_device": (
        {
            "identifies": [
                message(f"d{user}", anonymous_id="kiosk", user_id=f"u-kiosk-{user}")
                for user in range(4)
            ]
        },
        1,
    ),
    "alias_of_itself": ({"aliases": [alias("s", "u-self", "u-self")]}, 1),
    "alias_repeated": (
        {"aliases": [alias(f"r{call}", "a-r", "u-r", AT + call * HOUR / 60) for call in range(3)]},
        2,
    ),
    "alias_at_every_login": (
        {"aliases": [alias(f"e{call}", "a-e", "u-e", AT + call * DAY) for call in range(4)]},
        3,
    ),
    "alias_after_identification": (
        {
            "identifies": [message("i6", AT - 5 * HOUR, anonymous_id="a-l", user_id="u-l")],
            "aliases": [alias("l", "a-l", "u-l")],
        },
        1,
    ),
    "alias_cycle": (
        {
            "identifies": [message("i7", user_id="u-c1"), message("i8", user_id="u-c2")],
            "aliases": [alias("c1", "u-c1", "u-c2"), alias("c2", "u-c2", "u-c1", AT + HOUR)],
        },
        2,
    ),
    "metric_value_unreadable": ({"order_completed": [order("money", revenue="$20.00")]}, 1),
    "metric_value_missing": ({"order_completed": [order("free", revenue=None)]}, 1),
    "metric_time_is_a_day": ({"order_completed": [order("o-day", ordered_at="2026-03-10")]}, 1),
    "metric_event_without_time": ({"order_completed": [order("o-time", ordered_at="soon")]}, 1),
    "metric_event_without_id": ({"order_completed": [order("guest", user_id="null")]}, 1),
}
# It takes months to be open for long, or to settle: see test_settling.py.
OF_MONTHS = ("exposure_after_settled", "experiment_open_for_long")
EXPECTED = {name: affected for name, (_, affected) in (EXPOSURES | OTHERS).items()}

CLEAN = {
    "experiment_viewed": [
        exposure(f"m{user}", variant, anonymous_id=f"a{user}", user_id=None)
        for user, variant in enumerate(["control", "blue"])
    ]
    + [exposure("cart", anonymous_id="a0", user_id=None, experiment_id=CART)],
    "cart_viewed": [message("viewed", anonymous_id="a0")],
    "order_completed": [order("order")],
    "identifies": [
        message(
            f"i{user}",
            AT + HOUR,
            anonymous_id=f"a{user}",
            user_id=f"u{user}",
            experiments_home_hero_title_2026_03=variant,
            experiments_home_cart_button_2026_03=None if user else "control",
        )
        for user, variant in enumerate(["control", "blue"])
    ],
    "aliases": [
        alias("alias", "a0", "u0", AT + HOUR, anonymous_id="a0"),
        alias("renamed", "u1", "u1-renamed", AT + DAY),
    ],
}
SETTINGS = {
    "exposure_events": [
        {"table": "experiment_viewed", "ignore": {"is_test": True}},
        {"table": "ab_test_assigned"},
    ],
    "metrics": [
        {"name": "revenue", "type": "sum", "event": "order_completed", "value": "revenue"}
        | {"timestamp": "ordered_at"}
    ],
    "funnels": [],
}
VARIANTS = [(HERO, "control", 0.5), (HERO, "blue", 0.5)]


def build(
    folder, tables: dict[str, list[dict]], experiments: list[str], activity: list[str]
) -> Warehouse:
    warehouse = Warehouse(folder, SETTINGS | {"activity": activity})
    for name, rows in tables.items():
        warehouse.load(name, rows)
    ended_at = dt.datetime(2026, 3, 28)
    warehouse.register(
        [
            (name, None, START, ended_at, None, "cart_viewed" if name == CART else None)
            for name in experiments
        ],
        VARIANTS,
    )
    warehouse.dbt("run", "--select", "+tracking_audit")
    return warehouse


def findings(warehouse: Warehouse) -> dict[str, dict]:
    rows = warehouse.query("""
        select
            check_name, sum(affected_rows) as affected_rows, sum(total_rows) as total_rows,
            max(share) as share, min(first_seen_at) as first_seen_at, max(example) as example,
            max(advice) as advice
        from tracking_audit group by check_name
    """)
    return {row["check_name"]: row for row in rows}


@pytest.fixture(scope="module")
def faulty(tmp_path_factory) -> Warehouse:
    tables = {"experiment_viewed": [row for rows, _ in EXPOSURES.values() for row in rows]}
    for others, _ in OTHERS.values():
        for name, rows in others.items():
            tables.setdefault(name, []).extend(rows)
    experiments = [HERO, CART, "home-hero-size-2026-02", "test-a-b-2026-03", "test.a-b-2026-03"]
    experiments += ["home-nav-size-2026-03", "home-nav-font-2026-03"]
    folder = tmp_path_factory.mktemp("faulty")
    return build(folder, tables, [*experiments, "Number Test"], ["cart_view"])


@pytest.fixture(scope="module")
def clean(tmp_path_factory) -> Warehouse:
    # Segment makes the table of screens with the first one.
    return build(tmp_path_factory.mktemp("clean"), CLEAN, [HERO, CART], ["screens"])


@pytest.fixture(scope="module")
def faults(faulty) -> dict[str, dict]:
    return findings(faulty)


@pytest.fixture(scope="module")
def silence(clean) -> dict[str, dict]:
    return findings(clean)


@pytest.fixture(scope="module")
def checks(clean) -> dict[str, dict]:
    sql = "{{ tojson(segment_experiments.tracking_checks()) }}"
    return json.loads(clean.compile_inline(sql))


def test_every_check_has_its_case(checks, faults):
    assert (
        EXPECTED.keys() | {"exposure_without_trait", *OF_MONTHS} == checks.keys() == faults.keys()
    )


@pytest.mark.parametrize("check", EXPECTED)
def test_a_check_fires(faults, check):
    fault = faults[check]
    assert fault["affected_rows"] == EXPECTED[check]
    assert fault["total_rows"] >= EXPECTED[check]
    assert 0 < fault["share"] <= 1
    assert fault["example"] or check == "redelivered_exposure"
    assert fault["advice"].endswith(".")


def test_users_without_a_trait_are_counted(faulty, faults):
    [users] = faulty.query("select count(distinct user_key) as n from experiment_assignments")
    with_trait = {"u-contradicted"}
    assert faults["exposure_without_trait"]["affected_rows"] == users["n"] - len(with_trait)


@pytest.mark.parametrize("check", [*EXPECTED, "exposure_without_trait", "exposure_after_settled"])
def test_a_check_is_silent(silence, check):
    # There was something to look at.
    assert silence[check]["total_rows"] > 0
    assert silence[check]["affected_rows"] == 0
    assert silence[check]["first_seen_at"] is None


def test_the_worst_delay_is_told(faults):
    assert faults["exposure_arrived_late"]["example"].endswith("(the latest of all: 49 hours)")


def test_since_when(faults):
    assert faults["assignment_time_in_the_future"]["first_seen_at"] == AT + HOUR / 60


def told(warehouse: Warehouse, thresholds: dict) -> dict[str, str]:
    """What `dbt test` says of each check: PASS, WARN or FAIL."""
    try:
        printed = warehouse.dbt(
            *("test", "--select", "tracking_audit"), settings={"tracking_thresholds": thresholds}
        )
    except DbtError as error:
        printed = str(error)
    return {
        check: level
        for level, check in re.findall(
            r"(PASS|WARN|FAIL)(?: \d+)? tracking_(\w+)_stays_below", printed
        )
    }


def test_dbt_tests_warn_and_fail_by_the_thresholds(faulty, clean, checks):
    strict = {check: {"warn": 0, "error": None} for check in checks}
    strict["alias_cycle"] = {"warn": 0, "error": 0.5}
    strict["alias_repeated"] = {"warn": None, "error": None}
    assert told(clean, strict) == dict.fromkeys(checks, "PASS")
    assert told(faulty, strict) == {
        **dict.fromkeys(checks, "WARN"),
        **{"alias_cycle": "FAIL", "alias_repeated": "PASS"},
        **dict.fromkeys(OF_MONTHS, "PASS"),
    }
    [stored] = faulty.query(
        "select * from analytics_dbt_test__audit.tracking_alias_cycle_stays_below"
    )
    assert (stored["affected_rows"], stored["severity_level"]) == (2, 2)


# test -> the experiment with the mistake; every mistake has an experiment of its own
MISTAKES = {
    "registry_shares_of_an_experiment_sum_to_one": "home-hero-shares-2026-03",
    "registry_control_is_one_of_the_variants": "home-hero-control-2026-03",
    "registry_variants_belong_to_an_experiment": "home-hero-forgotten-2026-03",
    "registry_experiments_end_after_they_start": "home-hero-dates-2026-03",
    "registry_activation_events_are_tables": "home-hero-activation-2026-03",
    "registry_ids_are_listed_once": "home-hero-twice-2026-03",
    "registry_variants_are_listed_once": "home-hero-repeated-2026-03",
    "registry_ids_follow_the_naming_convention": "home-hero-month-2026-04",
}
RIGHT = [
    (HERO, "control", START, START + DAY, None),
    ("home-hero-planned-2026-05", None, None, None, None),
]
RIGHT_VARIANTS = [
    *VARIANTS,
    ("home-hero-planned-2026-05", "x", None),
    ("home-hero-planned-2026-05", "y", None),
]


def complaints(folder, experiments: list[tuple], variants: list[tuple]) -> dict[str, list[dict]]:
    """The rows that each test of the registry stored."""
    warehouse = Warehouse(folder, SETTINGS)
    warehouse.execute("create schema analytics")
    warehouse.register(experiments, variants)
    warehouse.dbt(
        "run", "--select", "staging,stg_registry__*", "int_metrics", "int_experiment_metrics"
    )
    warehouse.dbt("test", "--select", "path:tests/registry")
    return {
        name: rows
        for name in MISTAKES
        if (rows := warehouse.query(f"from analytics_dbt_test__audit.{name}"))
    }


def test_a_mistake_in_the_registry_is_told_in_one_message(tmp_path):
    found = complaints(
        tmp_path,
        [
            *RIGHT,
            (MISTAKES["registry_shares_of_an_experiment_sum_to_one"], None, START, None, None),
            (MISTAKES["registry_control_is_one_of_the_variants"], "original", START, None, None),
            (MISTAKES["registry_experiments_end_after_they_start"], None, START, START, None),
            (
                MISTAKES["registry_activation_events_are_tables"],
                *(None, START, None, None, "no table"),
            ),
            *[(MISTAKES["registry_ids_are_listed_once"], None, START, None, None)] * 2,
            (MISTAKES["registry_variants_are_listed_once"], None, START, None, None),
            (MISTAKES["registry_ids_follow_the_naming_convention"], None, START, None, None),
        ],
        [
            *RIGHT_VARIANTS,
            (MISTAKES["registry_shares_of_an_experiment_sum_to_one"], "control", 0.5),
            (MISTAKES["registry_shares_of_an_experiment_sum_to_one"], "blue", 0.4),
            (MISTAKES["registry_control_is_one_of_the_variants"], "control", None),
            (MISTAKES["registry_variants_belong_to_an_experiment"], "control", None),
            *[(MISTAKES["registry_variants_are_listed_once"], "control", None)] * 2,
            (MISTAKES["registry_variants_are_listed_once"], "blue", None),
        ],
    )
    assert {name: [row["experiment_id"] for row in rows] for name, rows in found.items()} == {
        name: [experiment] for name, experiment in MISTAKES.items()
    }
    assert all(row["message"].endswith(".") for rows in found.values() for row in rows)


def test_a_right_registry_is_accepted(tmp_path):
    assert complaints(tmp_path, RIGHT, RIGHT_VARIANTS) == {}
