"""Daily results against runs with `as_of`; breakdowns, phases and retention against scipy."""

from __future__ import annotations

import datetime as dt
import shutil
from collections import Counter
from typing import Any

import numpy as np
import pytest
from scipy import stats

from tests.python.harness.mart_differences import assert_same, read_marts
from tests.python.harness.warehouse import Warehouse

START = dt.datetime(2026, 3, 1, 6)
DAYS = 40
ORDERS = {"event": "order_completed", "window_days": 5, "covariate_days": 3}
METRICS = [
    {"name": "converted", "type": "conversion"} | ORDERS,
    {"name": "orders", "type": "count"} | ORDERS,
    {"name": "revenue", "type": "sum", "value": "revenue"} | ORDERS,
    {"name": "capped", "type": "sum", "value": "revenue", "cap_percentile": 0.9} | ORDERS,
    {"name": "of_buyers", "type": "sum", "value": "revenue", "cap_percentile": 0.5}
    | {"cap_zeros": False, **ORDERS},
    {"name": "late", "type": "count", "delay_days": 1.5, "mature_only": True} | ORDERS,
    {"name": "order_value", "type": "ratio", "numerator": "revenue", "denominator": "orders"},
    {"name": "late_value", "type": "ratio", "numerator": "revenue", "denominator": "late"},
    {"name": "day_7", "type": "retention", "delay_days": 7, "window_days": 1},
]
SETTINGS = {
    "metrics": METRICS,
    "activity": ["pages"],
    "exposure_events": [{"table": "experiment_viewed"}],
    "assignment_dimensions": {"city": ["city"]},
    "as_of": "2026-04-10 06:00:00",
}
REGISTERED = "page-a-effect-2026-03"


def message(number: int, user: int, at: dt.datetime, **columns: Any) -> dict[str, Any]:
    """A row of a Segment table that arrives a second after it happened."""
    received = at + dt.timedelta(seconds=1)
    times = {"original_timestamp": at, "sent_at": at, "timestamp": at, "received_at": received}
    texts = {key: value.isoformat(" ") for key, value in times.items()}
    return {"id": f"m{number}", "anonymous_id": f"u{user}", "user_id": None} | texts | columns


def world(seed: int) -> dict[str, list[dict[str, Any]]]:
    """Users of a registered and an unregistered experiment; some see several variants over time.

    The users of the registered one are analysed from the first look into the cart on.
    """
    random = np.random.default_rng(seed)
    names = ("experiment_viewed", "cart_viewed", "order_completed", "pages")
    tables: dict[str, list] = {name: [] for name in names}
    number = 0

    def add(table: str, user: int, seconds: float, **columns: Any) -> None:
        nonlocal number
        number += 1
        at = START + dt.timedelta(seconds=round(seconds))
        tables[table].append(message(number, user, at, **columns))

    for user in range(360):
        first = random.uniform(0, 25 * 86400)
        cities = f"city {int(random.exponential(25))}" if random.random() < 0.9 else None
        for experiment, variants in ((REGISTERED, "xyw"), ("page-b-effect-2026-03", "cba")):
            chosen = variants[random.choice(3, p=[0.48, 0.48, 0.04])]
            for exposure in range(random.integers(0, 4)):
                if random.random() < 0.15:
                    chosen = variants[random.integers(0, 2)]
                add(
                    "experiment_viewed",
                    user,
                    first + exposure * random.exponential(3 * 86400),
                    experiment_id=experiment,
                    variant=chosen,
                    city=cities,
                )
        for _ in range(random.poisson(3)):
            at = first + random.uniform(-3, 6) * 86400
            add("cart_viewed", user, at)
            if random.random() < 0.2:
                add("order_completed", user, at + 600, revenue=9.5)
        for _ in range(random.poisson(2.5)):
            at = first + random.uniform(-4, 9) * 86400
            add("order_completed", user, at, revenue=float(np.round(random.lognormal(3, 1), 2)))
        for _ in range(random.poisson(6)):
            at = first + random.exponential(6 * 86400)
            session = f"s{int(at // 7200)}" if user % 2 else None
            add("pages", user, at, context_session_id=session)
            add("pages", user, at + 900, context_session_id=session)
    return tables


def built(folder, policy: str) -> Warehouse:
    """A warehouse with the world, everything built."""
    folder.mkdir(exist_ok=True)
    warehouse = Warehouse(folder, SETTINGS | {"multiple_variant_policy": policy})
    warehouse.register(
        [(REGISTERED, "y", "2026-03-02", "2026-03-28", None, "cart_viewed")],
        [(REGISTERED, variant, 0.5) for variant in "xy"],
    )
    for table, rows in world(5).items():
        warehouse.load(table, rows)
    warehouse.dbt("run")
    return warehouse


@pytest.fixture(scope="module")
def crossed(tmp_path_factory):
    """The world in which users are analysed in the last variant they saw."""
    return built(tmp_path_factory.mktemp("last"), "last")


@pytest.mark.parametrize("policy", ["exclude", "last"])
def test_a_day_is_what_a_run_at_its_end_gives(tmp_path, crossed, policy):
    warehouse = crossed if policy == "last" else built(tmp_path / policy, policy)
    marts = read_marts(warehouse.path)
    assert marts["experiment_results_daily"].num_rows > 1000
    folder = tmp_path / "as of"
    folder.mkdir()
    shutil.copy(warehouse.path, folder / "warehouse.duckdb")
    earlier = Warehouse(folder, warehouse.settings)
    for day in ("2026-03-04", "2026-03-13", "2026-03-27"):
        earlier.dbt(
            *("run", "--full-refresh", "--select", "+experiment_results"),
            settings={"as_of": f"{day} 23:59:59.999999"},
        )
        check_day(warehouse, earlier, day)
    last = "(select max(date) from experiment_results_daily where experiment_id = r.experiment_id)"
    check_day(warehouse, warehouse, last)


def check_day(warehouse: Warehouse, earlier: Warehouse, day: str) -> None:
    """The rows of a day, against the results of a run."""
    wanted = day if day.startswith("(") else f"date '{day}'"
    found, expected = (
        one.query_table(sql)
        for one, sql in (
            (
                warehouse,
                f"select * exclude (date) from experiment_results_daily as r where date = {wanted}",
            ),
            (
                earlier,
                "select * exclude (verdict, verdict_at_end, metric_role, guardrail_margin,"
                " guardrail_p_value, guardrail_bound, guardrail_state, as_of)"
                " from experiment_results",
            ),
        )
    )
    assert expected.num_rows > 20
    assert_same({"experiment_results": found}, {"experiment_results": expected})


def user_values(warehouse: Warehouse) -> list[dict[str, Any]]:
    """The analysed users, and when their windows begin, by the raw events."""
    carts: dict[str, list] = {}
    for row in warehouse.query("select anonymous_id, timestamp from segment.cart_viewed"):
        carts.setdefault(row["anonymous_id"], []).append(row["timestamp"])
    users = []
    for user in warehouse.query("""
        select experiment_id, user_key, variant, assigned_at, city, exclusion_reason
        from experiment_assignments
        where exclusion_reason is null or exclusion_reason = 'not_activated'
    """):
        user["from"] = user["assigned_at"]
        if user["experiment_id"] == REGISTERED:
            own = [at for at in carts.get(user["user_key"], []) if at >= user["assigned_at"]]
            user["from"] = min(own, default=None)
        assert (user["from"] is None) == (user["exclusion_reason"] == "not_activated")
        if user["from"]:
            users.append(user)
    return users


def welch(row: dict, values: np.ndarray, control: np.ndarray) -> None:
    """Compare a row with Welch's test on the users' values."""
    assert (row["users"], row["control_users"]) == (len(values), len(control)), row
    if row["status"] != "ok":
        return
    test = stats.ttest_ind(values, control, equal_var=False)
    assert row["absolute_lift"] == pytest.approx(
        values.mean() - control.mean(), rel=1e-9, abs=1e-12
    )
    assert row["p_value"] == pytest.approx(test.pvalue, rel=1e-8)
    interval = test.confidence_interval()
    assert row["absolute_lift_lower"] == pytest.approx(interval.low, rel=1e-8, abs=1e-11)


def test_breakdowns_are_those_of_the_users_with_the_value(crossed):
    users = user_values(crossed)
    values = {
        (row["experiment_id"], row["user_key"]): row["value"]
        for row in crossed.query("select * from experiment_user_metrics where metric = 'revenue'")
    }
    rows = crossed.query("""
        select * from experiment_results_by_dimension
        where metric = 'revenue' and estimator = 'unadjusted' and not is_control
    """)
    cities: dict[str, Counter] = {}
    for user in users:
        cities.setdefault(user["experiment_id"], Counter())[user["city"] or "(none)"] += 1
    named = {}
    for experiment, counts in cities.items():
        del counts["(none)"]
        ranked = sorted(counts, key=lambda city, counts=counts: (-counts[city], city))
        assert len(ranked) > 50
        named[experiment] = {"(none)", *ranked[:50]}
    # A value is shown where somebody has ordered.
    shown = {
        (user["experiment_id"], city if city in named[user["experiment_id"]] else "(other)")
        for user in users
        for city in [user["city"] or "(none)"]
        if (user["experiment_id"], user["user_key"]) in values
    }
    assert {(row["experiment_id"], row["dimension_value"]) for row in rows} == shown
    assert all({(experiment, "(none)"), (experiment, "(other)")} < shown for experiment in named)
    compared = 0
    for row in rows:
        arms: dict[str, list] = {row["variant"]: [], row["control_variant"]: []}
        for user in users:
            city = user["city"] or "(none)"
            is_in = (
                city not in named[row["experiment_id"]]
                if row["dimension_value"] == "(other)"
                else city == row["dimension_value"]
            )
            if user["experiment_id"] == row["experiment_id"] and user["variant"] in arms and is_in:
                key = (user["experiment_id"], user["user_key"])
                arms[user["variant"]].append(values.get(key, 0.0))
        welch(
            row, *(np.array(arms[variant]) for variant in (row["variant"], row["control_variant"]))
        )
        assert row["is_small_cell"]
        compared += row["status"] == "ok"
    assert compared > 10


def session_end(assigned_at: dt.datetime, activity: list[tuple]) -> dt.datetime:
    """End of the session of the assignment, by going through the user's activity in order."""
    pause = dt.timedelta(minutes=30)
    last, session = assigned_at, None
    for at, session_id in activity:
        if at < assigned_at:
            continue
        is_same = session_id == session if session and session_id else at <= last + pause
        if not is_same:
            return min(at, last + pause)
        last, session = at, session_id
    return last + pause


def test_phases_and_trend_are_those_of_the_users(crossed):
    as_of = dt.datetime.fromisoformat(SETTINGS["as_of"])
    day = dt.timedelta(days=1)
    activity: dict[str, list] = {}
    for row in crossed.query(
        "select anonymous_id, timestamp, context_session_id from segment.pages"
        " order by timestamp, context_session_id"
    ):
        activity.setdefault(row["anonymous_id"], []).append(tuple(row.values())[1:])
    orders: dict[str, list] = {}
    for row in crossed.query(
        "select anonymous_id, timestamp, revenue from segment.order_completed"
    ):
        orders.setdefault(row["anonymous_id"], []).append((row["timestamp"], row["revenue"]))
    buckets = {"0": (0, 1), "1": (1, 2), "2-6": (2, 7), "7-13": (7, 14), "14-27": (14, 28)}
    # The slope of 14 days, by regression of what is in a bucket, spread over its days.
    x = np.concatenate([np.full(b - a, (a + b) / 2) for a, b in list(buckets.values())[:4]])
    values: dict[tuple, list] = {}
    for user in user_values(crossed):
        start = user["from"]
        own = [(at, value) for at, value in orders.get(user["user_key"], []) if at >= start]
        end = session_end(start, activity.get(user["user_key"], []))
        sums = {
            "first_session": sum(value for at, value in own if at < end),
            "later_sessions": sum(value for at, value in own if at >= end),
        }
        for phase, (first, until) in buckets.items():
            if as_of >= start + until * day:
                sums[phase] = sum(
                    v for at, v in own if start + first * day <= at < start + until * day
                )
        if as_of >= start + 29 * day:
            sums["28+"] = sum(value for at, value in own if at >= start + 28 * day)
        if as_of >= start + 14 * day:
            daily = np.concatenate(
                [np.full(b - a, sums[name] / (b - a)) for name, (a, b) in list(buckets.items())[:4]]
            )
            sums["trend"] = np.polyfit(x, daily, 1)[0]
        for phase, value in sums.items():
            values.setdefault((user["experiment_id"], user["variant"], phase), []).append(value)
    rows = crossed.query(
        "select * from experiment_effect_by_age where metric = 'revenue' and not is_control"
    )
    assert {row["phase"] for row in rows} == {"first_session", "later_sessions", *buckets, "28+"}
    first = [row for row in rows if row["phase"] == "first_session"]
    assert any(row["status"] == "ok" and row["total"] > 0 for row in first)
    for row in rows:
        arms = [
            np.array(values.get((row["experiment_id"], variant, row["phase"]), []))
            for variant in (row["variant"], row["control_variant"])
        ]
        welch(row, *arms)
        slopes = [
            np.array(values[row["experiment_id"], variant, "trend"])
            for variant in (row["variant"], row["control_variant"])
        ]
        test = stats.ttest_ind(*slopes, equal_var=False)
        assert row["effect_trend"] == pytest.approx(slopes[0].mean() - slopes[1].mean(), rel=1e-8)
        assert row["effect_trend_p_value"] == pytest.approx(test.pvalue, rel=1e-7)


def test_retention_on_day_7_is_the_metric_of_day_7(crossed):
    rows = crossed.query("""
        select results.users, results.total, retention.eligible_users, retention.retained_users,
            results.p_value, retention.p_value as retention_p_value
        from experiment_results as results
        inner join experiment_retention as retention using (experiment_id, variant)
        where results.metric = 'day_7' and results.estimator = 'unadjusted'
            and retention.day = 7 and retention.retention_type = 'bounded'
            and results.p_value is not null
    """)
    assert rows
    assert any(row["total"] for row in rows)
    for row in rows:
        assert (row["users"], row["total"]) == (row["eligible_users"], row["retained_users"])
        assert row["p_value"] == pytest.approx(row["retention_p_value"], rel=1e-9)


def test_unbounded_retention_counts_who_came_back_later(crossed):
    as_of = dt.datetime.fromisoformat(SETTINGS["as_of"])
    pages: dict[str, list] = {}
    for row in crossed.query("select anonymous_id, timestamp from segment.pages"):
        pages.setdefault(row["anonymous_id"], []).append(row["timestamp"])
    users = user_values(crossed)
    rows = crossed.query("select * from experiment_retention where retention_type = 'unbounded'")
    assert any(0 < row["retained_users"] < row["eligible_users"] for row in rows)
    for row in rows:
        day = dt.timedelta(days=row["day"])
        old = [
            user
            for user in users
            if (user["experiment_id"], user["variant"]) == (row["experiment_id"], row["variant"])
            and user["from"] + day + dt.timedelta(days=1) <= as_of
        ]
        back = [
            user
            for user in old
            if any(user["from"] + day <= at <= as_of for at in pages.get(user["user_key"], []))
        ]
        assert (row["eligible_users"], row["retained_users"]) == (len(old), len(back)), row


def test_values_are_counted_from_the_activation_and_covariates_before_the_assignment(crossed):
    orders: dict[str, list] = {}
    for row in crossed.query(
        "select anonymous_id, timestamp, revenue from segment.order_completed"
    ):
        orders.setdefault(row["anonymous_id"], []).append((row["timestamp"], row["revenue"]))
    window, look_back = dt.timedelta(days=5), dt.timedelta(days=3)
    users = user_values(crossed)
    expected = {}
    for user in users:
        own = orders.get(user["user_key"], [])
        value = sum(v for at, v in own if user["from"] <= at < user["from"] + window)
        before = sum(
            v for at, v in own if user["assigned_at"] - look_back <= at < user["assigned_at"]
        )
        if value or before:
            expected[user["experiment_id"], user["user_key"]] = pytest.approx((value, before))
    found = {
        (row["experiment_id"], row["user_key"]): (row["value"], row["covariate"])
        for row in crossed.query("select * from experiment_user_metrics where metric = 'revenue'")
    }
    assert found == expected
    late = [u for u in users if u["from"] > u["assigned_at"]]
    assert 60 < len(late) < len(users)
    [counted] = crossed.query("""
        select count(*) as users
        from experiment_assignments where exclusion_reason = 'not_activated'
    """)
    assert counted["users"] > 20


def test_the_sample_ratio_is_tested_before_and_after_the_activation(crossed):
    users = crossed.query(f"""
        select variant, exclusion_reason from experiment_assignments
        where (exclusion_reason is null or exclusion_reason = 'not_activated')
            and experiment_id = '{REGISTERED}'
    """)
    assigned = [sum(user["variant"] == variant for user in users) for variant in "xy"]
    analysed = [
        sum((user["variant"], user["exclusion_reason"]) == (variant, None) for user in users)
        for variant in "xy"
    ]
    assert assigned != analysed
    checks = {
        (row["experiment_id"], row["check_name"]): row["value"]
        for row in crossed.query("select * from experiment_health")
    }
    for name, counts in (("", analysed), ("_of_assigned", assigned)):
        found = checks[REGISTERED, "sample_ratio_mismatch" + name]
        assert found == pytest.approx(stats.chisquare(counts).pvalue, rel=1e-9)
    others = [one for one, name in checks if name.endswith("_of_assigned")]
    assert others == [REGISTERED]
