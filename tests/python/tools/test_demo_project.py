"""The project on the committed demo data: analyses, truth of the simulation, statistics."""

import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tea_tasting as tt
from scipy import stats

from demo.config import PLANTED_FAULTS
from demo.faults_table import faults_table, read_faults
from demo.results_table import read_results, results_table
from demo.run import read_log
from tests.python.harness.demo import built_demo
from tests.python.harness.warehouse import PROJECT, Warehouse


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory) -> Warehouse:
    warehouse = built_demo(tmp_path_factory)
    warehouse.dbt("compile")
    return warehouse


def sql_of(warehouse: Warehouse, name: str) -> str:
    """The SQL of an analysis."""
    path = warehouse.folder / "target/compiled/segment_experiments/analyses" / f"{name}.sql"
    return path.read_text()


def analysis(warehouse: Warehouse, name: str) -> list[dict]:
    return warehouse.query(sql_of(warehouse, name))


# Of an id that is to be filled in, and of an event that the demo's registry does not name.
ASKING = {"experiments_of_one_user", "who_is_activated"}
ANALYSES = {path.stem for path in Path(PROJECT, "analyses").glob("*.sql")}


@pytest.mark.parametrize("name", sorted(ANALYSES - ASKING))
def test_every_analysis_has_rows(warehouse, name):
    assert analysis(warehouse, name)


def test_the_experiments_of_one_user_are_those_of_all_his_ids(warehouse):
    sql = sql_of(warehouse, "experiments_of_one_user")
    assert sql.count("'a user id or anonymous id'") == 1
    [someone] = warehouse.query("""
        select user_key, user_id, anonymous_id, count(distinct experiment_id) as experiments
        from experiment_assignments where user_id <> anonymous_id
        group by all having count(*) > 1 order by all limit 1
    """)
    for one_id in (someone["user_id"], someone["anonymous_id"]):
        rows = warehouse.query(sql.replace("a user id or anonymous id", one_id))
        assert {row["experiment_id"] for row in rows} == {
            row["experiment_id"]
            for row in warehouse.query(
                "select experiment_id from experiment_assignments "
                f"where user_key = '{someone['user_key']}'"
            )
        }
        assert len(rows) >= someone["experiments"] > 1


def test_who_is_activated_is_counted_of_all_who_were_assigned(warehouse, tmp_path):
    shutil.copy(warehouse.path, tmp_path / "warehouse.duckdb")
    activated = Warehouse(tmp_path)
    hero = "experiment_id = 'homepage-hero-headline-2026-09'"
    activated.execute(
        f"update analytics.experiments set activation_event = 'order_completed' where {hero}",
        "update analytics.experiment_assignments set exclusion_reason = 'not_activated' "
        f"where {hero} and variant = 'control' and exclusion_reason is null",
    )
    users = {
        row["variant"]: row["users"]
        for row in warehouse.query(f"""
            select variant, count(*) as users from experiment_assignments
            where {hero} and exclusion_reason is null group by variant
        """)
    }
    assert len(users) == 3
    assert {
        row["variant"]: (row["assigned_users"], row["activated_users"])
        for row in activated.query(sql_of(warehouse, "who_is_activated"))
    } == {
        variant: (count, 0 if variant == "control" else count) for variant, count in users.items()
    }


def test_the_result_by_hand_is_short():
    text = Path(PROJECT, "analyses/experiment_result_by_hand.sql").read_text()
    query = re.sub(r"{#.*?#}\n", "", text, flags=re.S)
    assert len(query.strip().splitlines()) < 10


@pytest.mark.parametrize(
    ("name", "metric", "column"),
    [
        ("experiment_result_by_hand", "order_conversion", "converted_users"),
        ("mean_and_total_per_variant", "revenue_per_user", "total"),
    ],
)
def test_results_by_hand_agree(warehouse, name, metric, column):
    by_hand = {row["variant"]: (row["users"], row[column]) for row in analysis(warehouse, name)}
    assert len(by_hand) == 2
    assert by_hand == {
        row["variant"]: (row["users"], pytest.approx(row["total"], rel=1e-12))
        for row in warehouse.query(f"""
            select variant, users, total from experiment_results
            where
                experiment_id = 'pricing-page-annual-toggle-2026-10' and metric = '{metric}'
                and estimator = 'unadjusted'
        """)
    }


def user_values(warehouse: Warehouse) -> dict:
    """Values per user, zeros included, of every experiment, metric and variant.

    Only metrics without mature_only; for a ratio pairs of numerator and denominator.
    """
    values: dict = {}
    for row in warehouse.query("""
        select
            metrics.experiment_id, metrics.metric, metrics.variant,
            coalesce(user_metrics.value, 0) as value, user_metrics.denominator
        from experiment_assignments as assignments
        inner join experiment_results as metrics
            on assignments.experiment_id = metrics.experiment_id
            and assignments.variant = metrics.variant
            and metrics.estimator = 'unadjusted'
        left join experiment_user_metrics as user_metrics
            on assignments.experiment_id = user_metrics.experiment_id
            and assignments.user_key = user_metrics.user_key
            and metrics.metric = user_metrics.metric
        where assignments.exclusion_reason is null and metrics.metric <> 'week_1_retention'
    """):
        key = (row["experiment_id"], row["metric"], row["variant"])
        values.setdefault(key, []).append((row["value"], row["denominator"] or 0))
    return {key: np.array(pairs) for key, pairs in values.items()}


def test_the_values_of_users_hold_those_who_did_nothing(warehouse):
    found = {
        (row["experiment_id"], row["metric"], row["variant"]): row
        for row in warehouse.query("""
            select
                experiment_id, metric, variant, count(*) as users, sum(value) as total,
                sum(value) / sum(coalesce(denominator, 1)) as mean, var_samp(value) as variance
            from experiment_user_values group by all
        """)
    }
    zeros = warehouse.query("select count(*) as rows from experiment_user_values where value = 0")
    assert zeros[0]["rows"] > 1000
    results = warehouse.query("select * from experiment_results where estimator = 'unadjusted'")
    assert len(results) == len(found) > 50
    for result in results:
        row = found[result["experiment_id"], result["metric"], result["variant"]]
        columns = ["users", "total", "mean"]
        columns += ["variance"] if result["metric_type"] != "ratio" else []
        for column in columns:
            assert row[column] == pytest.approx(result[column], rel=1e-9, abs=1e-12), (column, row)


def test_every_comparison_equals_scipy(warehouse):
    values = user_values(warehouse)
    compared = 0
    for row in warehouse.query("""
        select * from experiment_results
        where
            not is_control and estimator = 'unadjusted'
            and metric <> 'week_1_retention' and metric_type <> 'ratio'
    """):
        treated = values[row["experiment_id"], row["metric"], row["variant"]][:, 0]
        control = values[row["experiment_id"], row["metric"], row["control_variant"]][:, 0]
        expected = stats.ttest_ind(treated, control, equal_var=False)
        interval = expected.confidence_interval(0.95)
        for column, value in {
            "users": len(treated),
            "control_users": len(control),
            "mean": treated.mean(),
            "variance": treated.var(ddof=1),
            "control_mean": control.mean(),
            "absolute_lift": treated.mean() - control.mean(),
            "t_statistic": expected.statistic,
            "degrees_of_freedom": expected.df,
            "p_value": expected.pvalue,
            "absolute_lift_lower": interval.low,
            "absolute_lift_upper": interval.high,
        }.items():
            assert row[column] == pytest.approx(value, rel=1e-9, abs=1e-12), (row, column)
        # Fieller's bounds are those ratios r for which the test of mT - r mC = 0 has |t| = c.
        critical = stats.t.isf(0.025, expected.df)
        for bound in (row["relative_lift_lower"], row["relative_lift_upper"]):
            if bound is not None:
                ratio = 1 + bound
                error = np.sqrt(
                    treated.var(ddof=1) / len(treated)
                    + ratio**2 * control.var(ddof=1) / len(control)
                )
                t = (treated.mean() - ratio * control.mean()) / error
                assert abs(t) == pytest.approx(critical, rel=1e-9)
                compared += 1
    assert compared > 50


def test_ratios_equal_tea_tasting(warehouse):
    values = user_values(warehouse)
    key = ("homepage-hero-headline-2026-09", "average_order_value")
    data = {
        "variant": np.concatenate(
            [np.repeat(i, len(values[*key, v])) for i, v in enumerate(("control", "video-hero"))]
        ),
        "value": np.concatenate([values[*key, v][:, 0] for v in ("control", "video-hero")]),
        "orders": np.concatenate([values[*key, v][:, 1] for v in ("control", "video-hero")]),
    }
    experiment = tt.Experiment(aov=tt.RatioOfMeans("value", "orders", use_t=True))
    expected = experiment.analyze(pd.DataFrame(data), control=0)["aov"]
    [row] = warehouse.query(f"""
        select * from experiment_results
        where
            experiment_id = '{key[0]}' and metric = '{key[1]}' and variant = 'video-hero'
            and estimator = 'unadjusted'
    """)
    assert row["mean"] == pytest.approx(expected.treatment, rel=1e-9)
    assert row["absolute_lift"] == pytest.approx(expected.effect_size, rel=1e-9)
    assert row["absolute_lift_lower"] == pytest.approx(expected.effect_size_ci_lower, rel=1e-9)
    assert row["absolute_lift_upper"] == pytest.approx(expected.effect_size_ci_upper, rel=1e-9)
    assert row["p_value"] == pytest.approx(expected.pvalue, rel=1e-9)


def test_sample_ratio_equals_scipy(warehouse):
    experiments = {}
    for row in warehouse.query("""
        select distinct experiment_id, variant, users, srm_p_value from experiment_results
        where metric = 'order_conversion'
    """):
        experiments.setdefault(row["experiment_id"], []).append(row)
    assert len(experiments) == 9
    for rows in experiments.values():
        expected = stats.chisquare([row["users"] for row in rows]).pvalue
        assert rows[0]["srm_p_value"] == pytest.approx(expected, rel=1e-9)


def test_the_planted_effects_are_found(warehouse):
    verdicts = {
        (row["experiment_id"], row["variant"]): row["verdict"]
        for row in read_results(warehouse.path)
    }
    assert verdicts["homepage-hero-headline-2026-09", "short-headline"] == "win"
    assert verdicts["homepage-hero-headline-2026-09", "video-hero"] == "not yet powered"
    assert verdicts["checkout-form-one-page-2026-09", "one-page"] == "not yet powered"
    assert verdicts["pricing-page-annual-toggle-2026-10", "annual-first"] == "win"
    assert verdicts["signup-form-social-login-2026-10", "social-login"] == "do not trust"
    assert verdicts["onboarding-flow-guided-tour-2026-09", "guided-tour"] == "win"
    assert verdicts["search-results-ranking-2026-10", "1"] == "not yet powered"


def test_the_results_table_has_a_line_per_comparison(warehouse):
    rows = read_results(warehouse.path)
    assert results_table(rows).row_count == len(rows) == 10


def test_retention_agrees_with_scipy(warehouse):
    [row] = warehouse.query("""
        select * from experiment_retention
        where experiment_id = 'homepage-hero-headline-2026-09' and day = 1
            and variant = 'short-headline' and retention_type = 'bounded'
    """)
    expected = stats.binomtest(row["retained_users"], row["eligible_users"]).proportion_ci(
        0.95, "wilson"
    )
    assert row["retention_rate"] == row["retained_users"] / row["eligible_users"]
    assert row["lower"] == pytest.approx(expected.low, rel=1e-9)
    assert row["upper"] == pytest.approx(expected.high, rel=1e-9)


def test_the_audit_warns_of_the_faults_on_purpose_and_of_nothing_else(warehouse):
    log = warehouse.dbt("--log-format", "json", "test", "--exclude-resource-type", "unit_test")
    shown = []
    found = read_log(log.splitlines(), lambda text: shown.append(text.plain))
    assert shown == []
    assert found == {fault.check for fault in PLANTED_FAULTS}
    counts = {row["check_name"]: row for row in read_faults(warehouse.path, found)}
    assert list(counts) == [fault.check for fault in PLANTED_FAULTS]
    assert faults_table(list(counts.values())).row_count == len(PLANTED_FAULTS)
    # By hand: an alias whose two ids are one, each message once.
    [row] = warehouse.query("""
        select
            count(distinct id) as aliases,
            count(distinct id) filter (user_id = previous_id) as own
        from segment_demo.aliases
    """)
    alias = counts["alias_of_itself"]
    assert (alias["affected_rows"], alias["total_rows"]) == (row["own"], row["aliases"])
    assert alias["experiments"] == 0
    assert counts["trait_without_exposure"]["experiments"] > 1


def test_a_capped_metric_equals_numpy(warehouse):
    capped = {"type": "sum", "event": "order_completed", "value": "revenue", "window_days": 14}
    metrics = [{"name": "raw", **capped}, {"name": "capped", **capped, "cap_percentile": 0.97}]
    warehouse.dbt("run", settings={"metrics": metrics})
    rows = warehouse.query("""
        select experiment_id, metric, list(value) as "values", list(covariate) as covariates
        from experiment_user_metrics group by all
    """)
    users = {
        row["experiment_id"]: row["users"]
        for row in warehouse.query("select experiment_id, users from experiments")
    }
    found = {(row["experiment_id"], row["metric"]): row for row in rows}
    changed = 0
    for experiment in users:
        for column in ("values", "covariates"):
            raw = np.array(found[experiment, "raw"][column])
            everybody = np.concatenate([raw, np.zeros(users[experiment] - len(raw))])
            expected = np.minimum(raw, np.quantile(everybody, 0.97))
            actual = np.array(found[experiment, "capped"][column])
            assert actual.sum() == pytest.approx(expected.sum(), rel=1e-9)
            assert actual.max() == pytest.approx(expected.max(), rel=1e-9)
            changed += expected.sum() < raw.sum()
    assert changed > 5
