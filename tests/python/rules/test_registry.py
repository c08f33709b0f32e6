"""What people type into the registry: dates, offsets, shares, blank and doubled lines."""

import datetime as dt

import pytest

from tests.python.harness.warehouse import Warehouse

NOON = dt.datetime(2026, 3, 1, 12)
# experiment -> started_at and ended_at as texts, and the first and last moment of it, in UTC
DATES = {
    "days": (
        *("2026-03-02", "2026-03-10"),
        *(dt.datetime(2026, 3, 2), dt.datetime(2026, 3, 10, 23, 59, 59, 999999)),
    ),
    "offsets": (
        *("2026-03-02T00:00:00-07:00", "2026-03-10T23:59:59-07:00"),
        *(dt.datetime(2026, 3, 2, 7), dt.datetime(2026, 3, 11, 6, 59, 59)),
    ),
    "moments": (
        *("2026-03-02 12:00:00", "2026-03-10 00:00:00"),
        *(dt.datetime(2026, 3, 2, 12), dt.datetime(2026, 3, 10)),
    ),
}
MICROSECOND = dt.timedelta(microseconds=1)
# experiment -> the share of one of its two variants; that of the other is 0.5
SHARES = {
    "nan": "nan",
    "inf": "inf",
    "negative": "-1",
    "huge": "1e308",
    "word": "half",
    "right": "1.5",
}


def exposure(number: int, experiment: str, user: str, variant: str, at: dt.datetime) -> dict:
    return {
        **{"id": f"m{number}", "anonymous_id": None, "user_id": user},
        **{"experiment_id": experiment, "variant": variant, "timestamp": at, "received_at": at},
    }


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory) -> Warehouse:
    sent = [
        (experiment, f"{experiment}-{place}", "control", at)
        for experiment, (_, _, first, last) in DATES.items()
        for place, at in enumerate([first - MICROSECOND, first, last, last + MICROSECOND])
    ]
    sent += [
        (experiment, f"{variant}{number}", variant, NOON)
        for experiment in SHARES
        for variant, users in (("control", 60), ("b", 40))
        for number in range(users)
    ]
    sent += [
        ("case", f"c{number}", variant, NOON)
        for number, variant in enumerate(["Bigger CTA", "Control"] * 5)
    ]
    warehouse = Warehouse(tmp_path_factory.mktemp("registry"), {"metrics": [], "activity": []})
    warehouse.load("experiment_viewed", [exposure(number, *row) for number, row in enumerate(sent)])
    warehouse.register([], [])
    # As a loader lays a file of texts, with a doubled and a blank line, and without two columns.
    experiments = [(name, *dates[:2]) for name, dates in DATES.items()]
    experiments += [experiments[0], ("", "", ""), ("planned", "", "")]
    variants = [
        row
        for name, share in SHARES.items()
        for row in ((name, "control", share), (name, "b", "0.5"))
    ]
    variants += [variants[0], ("", "", "0.5"), ("right", "", "")]
    for table, columns, rows in (
        ("experiments", "experiment_id, started_at, ended_at", experiments),
        ("experiment_variants", "experiment_id, variant, expected_share", variants),
    ):
        values = ", ".join(str(row) for row in rows)
        warehouse.execute(
            f"create or replace table analytics_staging.registry_{table} as "
            f"select * from (values {values}) as rows ({columns})"
        )
    # Tests with severity `error` would stop it.
    warehouse.dbt("run")
    warehouse.dbt("test", "--exclude", "resource_type:unit_test")
    return warehouse


@pytest.mark.parametrize("experiment", DATES)
def test_both_ends_belong_to_the_experiment(warehouse, experiment):
    rows = warehouse.query(f"""
        select user_key, exclusion_reason from experiment_assignments
        where experiment_id = '{experiment}' order by user_key
    """)
    assert [row["exclusion_reason"] for row in rows] == [
        *("outside_dates", None),
        *(None, "outside_dates"),
    ]
    [dates] = warehouse.query(
        f"select started_at, ended_at from experiments where experiment_id = '{experiment}'"
    )
    assert (dates["started_at"], dates["ended_at"]) == DATES[experiment][2:]


def test_blank_lines_are_no_experiments(warehouse):
    ids = [row["experiment_id"] for row in warehouse.query("select experiment_id from experiments")]
    assert sorted(ids) == sorted([*DATES, *SHARES, "planned", "case"])


@pytest.mark.parametrize(
    ("experiment", "expected"),
    [*[(name, 0.5) for name in SHARES if name != "right"], ("right", 0.75)],
)
def test_a_share_that_can_be_none_concerns_its_experiment_only(warehouse, experiment, expected):
    rows = warehouse.query(f"""
        select variant, expected_share, users from analytics_staging.int_experiment_variants
        where experiment_id = '{experiment}' order by variant
    """)
    assert [(row["variant"], row["expected_share"], row["users"]) for row in rows] == [
        ("b", pytest.approx(1 - expected), 40),
        ("control", pytest.approx(expected), 60),
    ]


def test_what_is_wrong_is_told(warehouse):
    told = {
        name: warehouse.query(f"from analytics_dbt_test__audit.{name}")
        for name in (
            "registry_ids_are_listed_once",
            "registry_variants_are_listed_once",
            "registry_shares_of_an_experiment_sum_to_one",
        )
    }
    assert sorted(row["message"] for row in told["registry_ids_are_listed_once"]) == [
        "List every experiment once, with an id.",
        "Remove the lines without an id.",
    ]
    assert sorted(
        (row["message"], row["listed"]) for row in told["registry_variants_are_listed_once"]
    ) == [
        ("List every variant of an experiment once.", 2),
        ("Remove the lines without an id or a variant.", 2),
    ]
    shares = {
        row["experiment_id"]: row["message"]
        for row in told["registry_shares_of_an_experiment_sum_to_one"]
    }
    assert shares.keys() == SHARES.keys()
    assert all("must be a number" in shares[name] for name in ("nan", "inf", "negative", "huge"))
    assert "must sum to 1" in shares["right"]


def test_the_control_is_known_in_any_case(warehouse):
    [row] = warehouse.query("select control_variant from experiments where experiment_id = 'case'")
    assert row["control_variant"] == "Control"
