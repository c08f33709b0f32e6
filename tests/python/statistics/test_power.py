"""experiment_power plans the next experiment, against statsmodels on the users of the last one."""

import datetime as dt

import numpy as np
import pytest
from statsmodels.stats.power import NormalIndPower

from tests.python.harness.warehouse import Warehouse

START = dt.datetime(2026, 3, 1, 12)
DAY = dt.timedelta(days=1)
USERS = 300
# The day on which each user came: half of them in the first week, nobody in the third.
DAYS = np.repeat([0, 3, 6, 8, 12, 21], [50, 50, 50, 60, 60, 30])
METRIC = {"event": "order_completed", "window_days": 5, "covariate_days": 5, "minimum_effect": 0.1}
METRICS = [
    {"name": "orders", "type": "count", **METRIC},
    {"name": "revenue", "type": "sum", "value": "revenue", **METRIC, "mature_only": True},
    {"name": "value", "type": "ratio", "numerator": "revenue", "denominator": "orders"},
    {"name": "nothing", "type": "count", **METRIC, "event": "feature_used"},
]


def message(table: str, number: int, user: str, at: dt.datetime, **fields) -> dict:
    return {
        "id": f"{table}-{number}",
        "user_id": user,
        "timestamp": at,
        "received_at": at,
        **fields,
    }


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> tuple[Warehouse, dict[str, np.ndarray]]:
    """The warehouse, and by metric the values of the control's users after and before."""
    random = np.random.default_rng(5)
    exposures, orders = [], []
    after, before = np.zeros((2, USERS)), np.zeros((2, USERS))  # Orders and revenue of each user.
    habit = random.gamma(1, 1.5, USERS)
    for number in range(USERS):
        user, at = f"u{number}", START + int(DAYS[number]) * DAY
        variant = "control" if number % 2 == 0 else "treated"
        exposures.append(
            message("exposure", number, user, at, experiment_id="a-b-c-2026-03", variant_id=variant)
        )
        for sums, offset in ((after, DAY), (before, -DAY)):
            for _ in range(random.poisson(habit[number])):
                revenue = float(np.round(random.gamma(2, 10), 2))
                sums[:, number] += (1, revenue)
                orders.append(message("order", len(orders), user, at + offset, revenue=revenue))
    warehouse = Warehouse(tmp_path_factory.mktemp("power"), {"metrics": METRICS, "modules": []})
    warehouse.load("experiment_viewed", exposures)
    warehouse.load("order_completed", orders)
    warehouse.register([], [])
    warehouse.dbt("run", settings={"as_of": "2026-04-30"})
    control = np.arange(USERS) % 2 == 0
    return warehouse, {
        "orders": (after[0, control], before[0, control]),
        "revenue": (after[1, control], before[1, control]),
    }


def row(warehouse: Warehouse, metric: str, variants: int, week: int, estimator: str) -> dict:
    [found] = warehouse.query(
        f"select * from experiment_power where metric = '{metric}' and variants = {variants}"
        f" and week = {week} and estimator = '{estimator}'"
    )
    return found


def power(found: dict) -> float:
    """The power with which an effect of that size is found, by statsmodels."""
    effect = found["minimum_detectable_effect"] * abs(found["mean"]) / np.sqrt(found["variance"])
    return NormalIndPower().power(effect, found["users_per_variant"], 0.05)


@pytest.mark.parametrize("metric", ["orders", "revenue"])
@pytest.mark.parametrize("estimator", ["unadjusted", "cuped"])
@pytest.mark.parametrize(("week", "users"), [(1, 150), (2, 270), (3, 270), (4, 300)])
@pytest.mark.parametrize("variants", [2, 3, 4])
def test_what_an_experiment_would_find(world, metric, estimator, week, users, variants):
    warehouse, values = world
    y, x = values[metric]
    variance = np.var(y, ddof=1)
    if estimator == "cuped":
        variance -= np.cov(x, y)[0, 1] ** 2 / np.var(x, ddof=1)
    found = row(warehouse, metric, variants, week, estimator)
    assert (found["users"], found["users_per_variant"]) == (users, users / variants)
    assert found["mean"] == pytest.approx(y.mean(), rel=1e-9)
    assert found["variance"] == pytest.approx(variance, rel=1e-9)
    assert power(found) == pytest.approx(0.8, abs=1e-9)
    assert found["days"] == 7 * week + 5


def test_a_ratio_varies_as_the_delta_method_says(world):
    warehouse, values = world
    (orders, _), (revenue, _) = values["orders"], values["revenue"]
    ratio = revenue.sum() / orders.sum()
    variance = np.var(revenue - ratio * orders, ddof=1) / orders.mean() ** 2
    found = row(warehouse, "value", 2, 4, "unadjusted")
    assert found["mean"] == pytest.approx(ratio, rel=1e-9)
    assert found["variance"] == pytest.approx(variance, rel=1e-9)
    assert power(found) == pytest.approx(0.8, abs=1e-9)


def test_where_nothing_happened_nothing_is_said(world):
    warehouse, _ = world
    rows = warehouse.query("select * from experiment_power where metric = 'nothing'")
    assert len(rows) == 3 * 4 * 2  # Numbers of variants, weeks, estimators.
    assert {(one["standard_error"], one["minimum_detectable_effect"]) for one in rows} == {
        (None, None)
    }
    assert {one["week"] for one in rows} == {1, 2, 3, 4}
