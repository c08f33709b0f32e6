"""Users in many experiments at once through the whole project, against pandas, scipy, statsmodels."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats
from statsmodels.stats.multitest import multipletests

from tests.python import joint_world
from tests.python.joint_world import METRICS, World, eligible, linearised
from tests.python.warehouse import Warehouse

EXPERIMENTS = 9


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
    found = warehouse.query("select distinct experiment_a, experiment_b from experiment_interactions")
    assert {(row["experiment_a"], row["experiment_b"]) for row in found} == expected


def test_marginal_effects_are_those_of_statsmodels(warehouse, users):
    rows = warehouse.query("select * from experiment_marginal_effects")
    by_metric = {name: [row for row in rows if row["metric"] == name] for name in METRICS}
    last = users.sort_values(["at", "experiment"]).groupby("user").tail(1).set_index("user")
    in_variant = users.assign(one=1.0).pivot_table(
        index="user", columns=["experiment", "variant"], values="one", fill_value=0.0
    )
    expected_columns = [key for key in in_variant.columns if key[1] != "control"]
    for metric, found in by_metric.items():
        assert len(found) == len(expected_columns)
        frame = eligible(last, metric)
        outcome = linearised(frame, metric)
        indicators = in_variant.loc[frame.index]
        design = {"intercept": pd.Series(1.0, index=frame.index)}
        for name in indicators.columns.levels[0]:
            design[name] = indicators[name].sum(axis=1)
        status = {(row["experiment_id"], row["variant"]): row["status"] for row in found}
        for key in expected_columns:
            assert status[key] in (
                {"e_single": ["no_control"], "e_orphan": ["no_control"], "e00-twin": ["collinear"]}
                .get(key[0], ["ok"]) if metric != "nothing" else status[key]
            )
            if key[0] not in ("e_single", "e_orphan", "e00-twin"):
                design[key] = indicators[key]
        matrix = pd.DataFrame(design).drop(columns=["e00-twin"])
        assert np.linalg.matrix_rank(matrix) == matrix.shape[1]
        fit = sm.OLS(outcome, matrix).fit(cov_type="HC1")
        bounds = fit.conf_int()
        for row in found:
            key = (row["experiment_id"], row["variant"])
            assert row["users"] == indicators[key].sum()
            assert row["regression_users"] == len(frame)
            assert row["regression_columns"] == matrix.shape[1]
            if row["status"] != "ok":
                assert row["p_value"] is None
                assert row["effect_rank"] is None
                continue
            assert row["marginal_effect"] == near(fit.params[key])
            assert row["standard_error"] == near(fit.bse[key])
            assert row["p_value"] == near(fit.pvalues[key])
            assert (row["lower"], row["upper"]) == (near(bounds[0][key]), near(bounds[1][key]))
            if metric != "order_value":
                assert row["incremental_total"] == near(fit.params[key] * indicators[key].sum())
        ranked = [row for row in found if row["status"] == "ok"]
        ranked.sort(key=lambda row: -abs(row["marginal_effect"]))
        assert [row["effect_rank"] for row in ranked] == list(range(1, len(ranked) + 1))
        assert (metric == "nothing") == (not ranked)
