"""Guardrails against scipy's one-sided tests, and their states."""

from __future__ import annotations

import math

import duckdb
import numpy as np
import pytest
from scipy import stats

from tests.python.harness.warehouse import Warehouse

LEVELS = (0.5, 0.75, 0.95, 0.9999)
MARGINS = (0.0, 0.01, 0.05, 0.3, 0.9)
# Direction, and whether the control's mean is negative -> what the control is multiplied by, and
# where the variant has to be.
HYPOTHESES = {
    ("increase", False): lambda margin: (1 - margin, "greater"),
    ("increase", True): lambda margin: (1 + margin, "greater"),
    ("decrease", False): lambda margin: (1 + margin, "less"),
    ("decrease", True): lambda margin: (1 - margin, "less"),
}


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory) -> Warehouse:
    return Warehouse(tmp_path_factory.mktemp("guardrails"))


@pytest.fixture(scope="module", params=LEVELS)
def compiled(request, warehouse) -> tuple[float, str]:
    """A confidence level, and the test of guardrails with it."""
    sql = warehouse.compile_inline(
        "with {{ segment_experiments.guardrail_ctes('arms', 'final', ['number']) }} "
        "select number, guardrail_p_value, guardrail_bound from final order by number",
        settings={"confidence_level": request.param},
    )
    return request.param, sql


def users() -> list[tuple[str, float, np.ndarray, np.ndarray]]:
    """Direction, margin, and the values of the variant's and of the control's users."""
    random = np.random.default_rng(24)
    cases = []
    for number in range(120):
        treated, control = random.integers(2, 40, 2) if number % 3 else random.integers(40, 4000, 2)
        draw = (
            lambda count: random.gamma(2, 3, count),
            lambda count: random.normal(-3, 2, count),
            lambda count: 1.0 * (random.random(count) < 0.3) + (random.random() < 0.5) / 7,
        )[number % 3]
        arms = [draw(treated) * random.choice([0.8, 1, 1.1]), draw(control)]
        if arms[0].std() + arms[1].std() == 0:
            arms[0][0] += 1
        for direction in ("increase", "decrease"):
            cases.append((direction, MARGINS[number % len(MARGINS)], *arms))
    return cases


def rows_of(sql: str, cases: list[tuple[str, float | None, np.ndarray, np.ndarray]]) -> list[dict]:
    """What the macro says of cases; the degrees of freedom say only that there are some."""
    with duckdb.connect() as connection:
        connection.execute(
            "create table arms (number int, direction varchar, guardrail_margin double, users int, "
            "mean double, variance double, control_users int, control_mean double, "
            "control_variance double, degrees_of_freedom double)"
        )
        for number, (direction, margin, treated, control) in enumerate(cases):
            arms = [
                value
                for arm in (treated, control)
                for value in (len(arm), float(arm.mean()), float(arm.var(ddof=1)))
            ]
            connection.execute(
                "insert into arms values (?, ?, ?, ?, ?, ?, ?, ?, ?, 1)",
                [number, direction, margin, *arms],
            )
        cursor = connection.execute(sql)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def test_guardrails_equal_scipy(compiled):
    level, sql = compiled
    cases = users()
    rejected, unbounded = 0, 0
    for (direction, margin, treated, control), row in zip(cases, rows_of(sql, cases), strict=True):
        factor, alternative = HYPOTHESES[direction, bool(control.mean() < 0)](margin)
        expected = stats.ttest_ind(
            treated, factor * control, equal_var=False, alternative=alternative
        )
        assert row["guardrail_p_value"] == pytest.approx(expected.pvalue, rel=1e-9, abs=1e-300)
        bound = row["guardrail_bound"]
        if bound is None:
            unbounded += 1
            continue
        within = bound > -margin if direction == "increase" else bound < margin
        if abs(expected.pvalue - (1 - level)) > 1e-9:
            assert within == (expected.pvalue < 1 - level)
        # The bound is the change that a test with the same degrees of freedom just does not reject.
        ratio = 1 + np.sign(control.mean()) * bound
        error = math.sqrt(
            treated.var(ddof=1) / len(treated) + ratio**2 * control.var(ddof=1) / len(control)
        )
        difference = treated.mean() - ratio * control.mean()
        critical = stats.t.isf(1 - level, expected.df) * (1 if direction == "increase" else -1)
        assert difference == pytest.approx(critical * error, rel=1e-8, abs=1e-9)
        rejected += within
    assert rejected > 5
    assert unbounded < len(cases) / 2


def test_what_cannot_be_compared_is_null_and_nothing_is_infinite(compiled):
    zeros, ones = np.zeros(5), np.array([1.0, 2, 3])
    rows = rows_of(
        compiled[1],
        [
            ("increase", None, ones, ones),
            # relative to nothing there is no bound; the test is that of a fall
            ("increase", 0.1, ones, zeros),
            # only one of the arms varies
            ("increase", 0.1, np.ones(4), ones),
            ("decrease", 0.999999, ones, np.ones(4)),
            # nothing varies, which the models exclude, too
            ("increase", 0.1, np.ones(4), np.ones(4)),
        ],
    )
    assert rows[0]["guardrail_p_value"] is rows[0]["guardrail_bound"] is None
    assert rows[1]["guardrail_p_value"] == pytest.approx(stats.ttest_1samp(ones, 0).pvalue / 2)
    assert rows[1]["guardrail_bound"] is None
    expected = stats.ttest_ind(np.ones(4), 0.9 * ones, equal_var=False, alternative="greater")
    assert rows[2]["guardrail_p_value"] == pytest.approx(expected.pvalue, rel=1e-9)
    assert rows[3]["guardrail_p_value"] == pytest.approx(
        stats.ttest_1samp(ones, 1.999999, alternative="less").pvalue, rel=1e-9
    )
    assert rows[4]["guardrail_p_value"] is rows[4]["guardrail_bound"] is None


@pytest.mark.parametrize(
    ("direction", "ended", "lift", "p", "sequential_p", "guardrail_p", "bound", "state"),
    [
        # after the end: the ordinary p-values
        ("increase", True, -1, 0.04, 1, 0.9, -0.2, "breached"),
        # a certain fall, though a small one
        ("increase", True, -1, 0.04, 1, 0.001, -0.01, "breached"),
        ("increase", True, -1, 0.06, 1, 0.049, -0.2, "held"),
        ("increase", True, -1, 0.06, 1, 0.051, -0.01, "at risk"),
        ("increase", True, 1, 0.001, 0.001, 0.001, 0.1, "held"),
        ("decrease", True, 1, 0.04, 1, 0.001, 0.01, "breached"),
        ("decrease", True, -1, 0.04, 1, 0.001, -0.01, "held"),
        ("decrease", True, 1, 0.3, 1, 0.2, 0.01, "at risk"),
        # before it: the sequential interval
        ("increase", False, -1, 0.001, 0.06, 0.001, -0.06, "at risk"),
        ("increase", False, -1, 0.001, 0.06, 0.9, -0.04, "held"),
        ("increase", False, -1, 0.9, 0.04, 0.001, -0.04, "breached"),
        ("decrease", False, 1, 0.9, 0.04, 0.001, 0.04, "breached"),
        ("decrease", False, 1, 0.9, 0.06, 0.001, 0.06, "at risk"),
        ("decrease", False, 1, 0.9, 0.06, 0.9, 0.04, "held"),
        ("decrease", False, -1, 0.9, 0.04, 0.9, 0.04, "held"),
        # an interval without an end
        ("increase", False, 1, 0.9, 0.9, 0.001, None, "at risk"),
        # nothing to compare
        ("increase", True, None, None, None, None, None, None),
    ],
)
def test_the_state_of_a_guardrail(
    state_sql, direction, ended, lift, p, sequential_p, guardrail_p, bound, state
):
    with duckdb.connect() as connection:
        connection.execute(
            "create table cases as select 0.05 as margin, ?::double as guardrail_p,"
            " ?::bool as ended, ?::double as p, ?::double as sequential_p,"
            " ?::double as lower, ?::double as upper,"
            " ?::double as lift, ? as direction",
            [
                *(guardrail_p, ended, p, sequential_p),
                bound if direction == "increase" else -9,
                bound if direction == "decrease" else 9,
                *(lift, direction),
            ],
        )
        assert connection.execute(state_sql).fetchall() == [(state,)]


@pytest.fixture(scope="module")
def state_sql(warehouse) -> str:
    return warehouse.compile_inline(
        "select {{ segment_experiments.guardrail_state('margin', 'guardrail_p', 'ended', 'p', "
        "'sequential_p', 'lower', 'upper', 'lift', 'direction') }} from cases"
    )
