"""Users in many experiments at once, through the whole project, against scipy and statsmodels."""

from __future__ import annotations

import itertools
from collections.abc import Collection

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats
from statsmodels.stats.multitest import multipletests

from tests.python.harness.warehouse import Warehouse
from tests.python.worlds import joint_world
from tests.python.worlds.joint_world import METRICS, WINDOW, World, eligible, linearised

EXPERIMENTS = 7


def near(value: float) -> object:
    return pytest.approx(value, rel=1e-8, abs=1e-10)


@pytest.fixture(scope="module")
def world() -> World:
    return joint_world.random_world(seed=5, users=1500, experiments=EXPERIMENTS)


@pytest.fixture(scope="module")
def users(world) -> pd.DataFrame:
    return joint_world.values(world)


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory, world) -> Warehouse:
    warehouse = Warehouse(tmp_path_factory.mktemp("joint"), joint_world.settings())
    joint_world.load(warehouse, world)
    warehouse.dbt("run")
    return warehouse


def later_of_both(users: pd.DataFrame, a: str, b: str) -> pd.DataFrame:
    """Users in both experiments, with the values of the one they were assigned to later."""
    one, other = (users[users.experiment == name].set_index("user") for name in (a, b))
    shared = one.index.intersection(other.index)
    one, other = one.loc[shared], other.loc[shared]
    chosen = one.where(one["at"] > other["at"], other)
    return chosen.assign(variant_a=one.variant, variant_b=other.variant)


def test_interactions_are_the_differences_in_differences(warehouse, users):
    rows = warehouse.query("select * from experiment_interactions")
    by_pair = {}
    for row in rows:
        by_pair.setdefault((row["experiment_a"], row["experiment_b"]), []).append(row)
    names = sorted(users.experiment.unique())
    assert set(by_pair) <= set(itertools.combinations(names, 2))
    checked = set()
    for (a, b), found in by_pair.items():
        both = later_of_both(users, a, b)
        table = pd.crosstab(both.variant_a, both.variant_b)
        if min(table.shape) > 1:
            dependence = stats.chi2_contingency(table, correction=False).pvalue
        for row in found:
            assert row["shared_users"] == len(both)
            if min(table.shape) > 1:
                assert row["dependence_p_value"] == near(dependence)
            else:
                assert row["dependence_p_value"] is None
            frame = eligible(both, row["metric"])
            cells = {}
            for is_a, is_b in itertools.product((True, False), repeat=2):
                cells[is_a, is_b] = frame[
                    (frame.variant_a == (row["variant_a"] if is_a else "control"))
                    & (frame.variant_b == (row["variant_b"] if is_b else "control"))
                ]
            checked.add(row["status"])
            if row["status"] == "ok":
                check_interaction(row, cells)
            elif row["status"] == "zero_variance":
                assert all(linearised(cell, row["metric"]).var() == 0 for cell in cells.values())
            else:
                expected = "too_few_users" if "control" in table.index else "no_control"
                assert row["status"] in (expected, "no_control", "no_denominator")
                assert row["status"] != "too_few_users" or min(map(len, cells.values())) < 2
    assert {"ok", "zero_variance", "no_control", "too_few_users"} <= checked
    tested = [row for row in rows if row["p_value"] is not None]
    corrected = multipletests([row["p_value"] for row in tested], method="fdr_bh")[1]
    assert [row["p_value_bh"] for row in tested] == near(corrected)


def check_interaction(row: dict, cells: dict) -> None:
    """One comparison with status ok."""
    metric = row["metric"]
    is_ratio = METRICS[metric]["type"] == "ratio"
    means = {
        key: cell.revenue.sum() / cell.orders.sum() if is_ratio else cell[metric].mean()
        for key, cell in cells.items()
    }
    parts = [
        (linearised(cell, metric).var(ddof=1) / len(cell), len(cell)) for cell in cells.values()
    ]
    squared = sum(part for part, _ in parts)
    degrees = squared**2 / sum(part**2 / (size - 1) for part, size in parts)
    effect = (means[True, True] - means[False, True]) - (means[True, False] - means[False, False])
    assert row["users"] == sum(map(len, cells.values()))
    assert row["effect_a_in_control_b"] == near(means[True, False] - means[False, False])
    assert row["effect_a_in_variant_b"] == near(means[True, True] - means[False, True])
    assert row["interaction_effect"] == near(effect)
    assert row["standard_error"] == near(np.sqrt(squared))
    assert row["degrees_of_freedom"] == near(degrees)
    assert row["p_value"] == near(2 * stats.t.sf(abs(effect) / np.sqrt(squared), degrees))
    half = stats.t.ppf(0.975, degrees) * np.sqrt(squared)
    assert (row["lower"], row["upper"]) == (near(effect - half), near(effect + half))


def test_every_pair_that_shares_users_is_there(warehouse, users):
    expected = {
        (a, b)
        for a, b in itertools.combinations(sorted(users.experiment.unique()), 2)
        if len(later_of_both(users, a, b)) > 0
    }
    found = warehouse.query(
        "select distinct experiment_a, experiment_b from experiment_interactions"
    )
    assert {(row["experiment_a"], row["experiment_b"]) for row in found} == expected


@pytest.fixture(scope="module")
def many(tmp_path_factory) -> tuple[Warehouse, pd.DataFrame]:
    """Experiments of which more than 60 effects are asked."""
    world = joint_world.random_world(seed=6, users=3000, experiments=34)
    warehouse = Warehouse(tmp_path_factory.mktemp("many"), joint_world.settings())
    joint_world.load(warehouse, world)
    warehouse.dbt("run", "--select", "+experiment_marginal_effects")
    return warehouse, joint_world.values(world)


def test_marginal_effects_are_those_of_statsmodels(warehouse, users):
    check_marginal_effects(warehouse, users)


def test_a_value_out_of_scale_costs_no_other_experiment_its_effect(tmp_path, world):
    """Milliseconds in the column of money."""
    events = world.events.copy()
    last = joint_world.values(world).sort_values(["at", "experiment"]).groupby("user").tail(1)
    counts = last[last.orders > 0].iloc[0]
    of_user = (events.user == counts.user) & (events.event == "order_completed")
    in_window = (events["at"] >= counts["at"]) & (events["at"] < counts["at"] + WINDOW)
    events.loc[events[of_user & in_window].index[0], "revenue"] = 1.77e12
    huge = World(world.assignments, events)
    warehouse = Warehouse(tmp_path, joint_world.settings())
    joint_world.load(warehouse, huge)
    warehouse.dbt("run", "--select", "+experiment_marginal_effects")
    check_marginal_effects(
        warehouse, joint_world.values(huge), metrics=("revenue", "order_value", "orders")
    )
    rows = warehouse.query(
        "select distinct metric, limited_users from experiment_marginal_effects order by all"
    )
    limited = {row["metric"]: row["limited_users"] for row in rows}
    # A ratio is so moved by it that all its linearised values are large.
    assert (limited["revenue"], limited["orders"]) == (1, 0)


def test_sixty_coefficients(many):
    warehouse, users = many
    check_marginal_effects(warehouse, users, metrics=("order_value", "retention"))
    [row] = warehouse.query("""
        select min(effects) as effects
        from (
            select metric, count(*) as effects from experiment_marginal_effects
            where status = 'ok' group by metric
        )
    """)
    assert row["effects"] >= 60


def test_experiments_beyond_the_limit_are_reported(many):
    warehouse, users = many
    warehouse.dbt(
        *("run", "--select", "int_regression_terms+", "--exclude", "experiment_interactions"),
        settings={"max_regression_columns": 40},
    )
    rows = warehouse.query("select * from experiment_marginal_effects where metric = 'orders'")
    # The largest first, each with a column for itself and one per variant but the control.
    sizes = users.groupby("experiment").size().sort_values(ascending=False, kind="stable")
    variants = users.groupby("experiment").variant.unique()
    columns = [len(variants[name]) if "control" in variants[name] else 1 for name in sizes.index]
    left_out = set(sizes.index[1 + np.cumsum(columns) > 40])
    reported = {row["experiment_id"] for row in rows if row["status"] == "too_many_columns"}
    assert reported
    assert reported == left_out - {"e_single", "e_orphan"}
    check_marginal_effects(warehouse, users, left_out, metrics=("revenue",))


def check_marginal_effects(
    warehouse: Warehouse,
    users: pd.DataFrame,
    left_out: Collection[str] = (),
    metrics: Collection[str] = tuple(METRICS),
) -> None:
    """The whole table.

    Args:
        warehouse: where it is.
        users: of all experiments.
        left_out: the experiments that are not in the regression; their users are.
        metrics: to check.
    """
    rows = warehouse.query("select * from experiment_marginal_effects")
    last = users.sort_values(["at", "experiment"]).groupby("user").tail(1).set_index("user")
    in_variant = (
        users[~users.experiment.isin(left_out)]
        .assign(one=1.0)
        .pivot_table(index="user", columns=["experiment", "variant"], values="one", fill_value=0.0)
    )
    asked = [key for key in in_variant.columns if key[1] != "control"]
    flawed = {"e_single": "no_control", "e_orphan": "no_control", "e00-twin": "collinear"}
    for metric in metrics:
        found = {
            (row["experiment_id"], row["variant"]): row
            for row in rows
            if row["metric"] == metric and row["experiment_id"] not in left_out
        }
        assert found.keys() == set(asked)
        frame = eligible(last, metric)
        indicators = in_variant.reindex(frame.index, fill_value=0.0)
        design = {"intercept": pd.Series(1.0, index=frame.index)}
        for name in indicators.columns.levels[0].drop("e00-twin", errors="ignore"):
            design[name] = indicators[name].sum(axis=1)
        design |= {key: indicators[key] for key in asked if key[0] not in flawed}
        matrix = pd.DataFrame(design)
        assert np.linalg.matrix_rank(matrix) == matrix.shape[1]
        outcome = linearised(frame, metric)
        some = outcome[outcome != 0].abs()
        limit = 1e6 * np.exp(np.log(some).mean()) if len(some) else np.inf
        fit = sm.OLS(outcome.clip(-limit, limit), matrix).fit(cov_type="HC1")
        bounds = fit.conf_int()
        for key, row in found.items():
            assert row["users"] == indicators[key].sum()
            assert row["regression_users"] == len(frame)
            assert row["limited_users"] == (outcome.abs() > limit).sum()
            assert row["regression_columns"] == matrix.shape[1]
            assert row["status"] == flawed.get(
                key[0], "zero_variance" if metric == "nothing" else "ok"
            )
            if row["status"] != "ok":
                assert row["standard_error"] is row["p_value"] is row["effect_rank"] is None
                continue
            assert row["marginal_effect"] == near(fit.params[key])
            assert row["standard_error"] == near(fit.bse[key])
            assert row["p_value"] == near(fit.pvalues[key])
            assert (row["lower"], row["upper"]) == (near(bounds[0][key]), near(bounds[1][key]))
            if metric == "order_value":
                assert row["incremental_total"] is None
            else:
                assert row["incremental_total"] == near(fit.params[key] * row["users"])
        ranked = [row for row in found.values() if row["status"] == "ok"]
        ranked.sort(key=lambda row: -abs(row["marginal_effect"]))
        assert [row["effect_rank"] for row in ranked] == list(range(1, len(ranked) + 1))


def test_funnels_are_walked_event_by_event(warehouse, world, users):
    reached = {}
    for funnel in joint_world.FUNNELS:
        steps = [step["event"] for step in funnel["steps"]]
        window = pd.Timedelta(days=funnel["window_days"]) if "window_days" in funnel else WINDOW
        for person in users.itertuples():
            if funnel.get("mature_only") and person.at + window > pd.Timestamp(joint_world.AS_OF):
                continue
            key = (funnel["name"], person.experiment, person.variant)
            counts = reached.setdefault(key, [0] * (len(steps) + 1))
            counts[0] += 1
            events = [
                (at, event)
                for at, event in joint_world.events_of(world, person.user)
                if person.at <= at < person.at + window
            ]
            step, at_least, is_strict = 0, person.at, False
            while step < len(steps):
                times = [
                    at
                    for at, event in events
                    if event == steps[step] and (at > at_least if is_strict else at >= at_least)
                ]
                if not times:
                    break
                at_least, step = times[0], step + 1
                counts[step] += 1
                is_strict = step < len(steps) and steps[step] in steps[:step]
    rows = warehouse.query("select * from experiment_funnel order by all")
    statuses = set()
    for row in rows:
        key = (row["funnel"], row["experiment_id"], row["variant"])
        counts = reached.get(key, [0] * 9)
        control = reached.get((*key[:2], "control"), [0] * 9)
        step = row["step_number"]
        assert (row["eligible_users"], row["previous_users"], row["users"]) == (
            counts[0],
            counts[step - 1],
            counts[step],
        )
        for base, rate, lift, p_value, status in (
            (0, "rate_from_start", "absolute_lift", "p_value", "status"),
            (
                step - 1,
                "rate_from_previous",
                "lift_from_previous",
                "p_value_from_previous",
                "status_from_previous",
            ),
        ):
            statuses.add(row[status])
            if counts[base] == 0:
                assert row[rate] is None
                continue
            assert row[rate] == near(counts[step] / counts[base])
            if row["is_control"]:
                assert row[p_value] is None
            elif row[status] == "ok":
                samples = [
                    np.repeat([1.0, 0.0], [side[step], side[base] - side[step]])
                    for side in (counts, control)
                ]
                wanted = stats.ttest_ind(*samples, equal_var=False)
                interval = wanted.confidence_interval(0.95)
                assert row[lift] == near(samples[0].mean() - samples[1].mean())
                assert row[p_value] == near(wanted.pvalue)
                assert row[lift + "_lower"] == near(interval.low)
                assert row[lift + "_upper"] == near(interval.high)
            else:
                assert row[p_value] is None
    variants = warehouse.query("select * from analytics_staging.int_experiment_variants")
    assert len(rows) == len(variants) * 5
    assert {"ok", "no_users", "no_control_users"} <= statuses


def test_credits_are_those_of_each_conversion(warehouse, world):
    """Conversion by conversion, in plain Python."""
    lookback = pd.Timedelta(days=joint_world.ATTRIBUTION["lookback_days"])
    half_life = pd.Timedelta(days=joint_world.ATTRIBUTION["half_life_days"])
    touches_of = {
        user: sorted((row.at, row.experiment, row.variant) for row in rows.itertuples())
        for user, rows in world.assignments.groupby("user")
    }
    expected: dict[tuple, np.ndarray] = {}
    for (user, event), events in world.events.sort_values("at").groupby(["user", "event"]):
        has_converted = False
        for conversion in events.itertuples():
            touches = [
                touch
                for touch in touches_of.get(user, [])
                if touch[0] <= conversion.at < touch[0] + lookback
            ]
            if not touches or conversion.at > pd.Timestamp(joint_world.AS_OF):
                continue
            count = len(touches)
            decay = np.array([0.5 ** ((conversion.at - touch[0]) / half_life) for touch in touches])
            position = np.full(count, 0.2 / max(count - 2, 1))
            position[0] = position[-1] = 0.4 if count > 2 else 0.5
            credits = {
                "first_touch": np.arange(count) == 0,
                "last_touch": np.arange(count) == count - 1,
                "linear": np.full(count, 1 / count),
                "time_decay": decay / decay.sum(),
                "position_based": position if count > 1 else np.ones(1),
            }
            values = (
                {
                    "converted": None if has_converted else 1.0,
                    "orders": 1.0,
                    "revenue": conversion.revenue,
                    "capped": conversion.revenue,
                }
                if event == "order_completed"
                else {"sessions": 1.0}
            )
            has_converted = True
            for model, shares in credits.items():
                assert sum(shares) == pytest.approx(1, abs=1e-12)
                for metric, value in values.items():
                    if value is None or event == "shared":
                        continue
                    for touch, share in zip(touches, shares, strict=True):
                        key = (metric, *touch[1:], model)
                        expected.setdefault(key, np.zeros(2))
                        expected[key] += np.array([share, share * value])
    rows = warehouse.query("select * from experiment_attribution")
    found = {
        (row["metric"], row["experiment_id"], row["variant"], row["attribution_model"]): row
        for row in rows
    }
    assert len(found) == len(rows)
    assert expected.keys() <= found.keys()
    for key, row in found.items():
        conversions, value = expected.get(key, (0.0, 0.0))
        assert row["attributed_conversions"] == pytest.approx(conversions, rel=1e-12, abs=1e-12)
        assert row["attributed_value"] == pytest.approx(value, rel=1e-11, abs=1e-11)


def test_the_data_tests_hold(warehouse):
    for folder in ("joint", "funnels", "attribution"):
        selected = ("--select", f"path:models/{folder}", "--exclude", "resource_type:unit_test")
        assert " PASS " in warehouse.dbt("test", *selected)
