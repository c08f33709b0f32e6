"""Users of random experiments through the whole project, against scipy, statsmodels, tea-tasting.

A run of dbt takes seconds, so all experiments that hypothesis draws share one; the seed of each
gives the values of its users. `pytest -s` shows the worst error per column and library.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from tests.python.harness.warehouse import Warehouse
from tests.python.statistics import statistics_reference as reference
from tests.python.statistics.statistics_reference import Arm

START = np.datetime64("2026-03-01T00:00:00", "us")
AS_OF = dt.datetime(2026, 4, 1)
DAY = np.timedelta64(24 * 3600 * 1_000_000, "us")
VARIANTS = ("control", "b", "c")
EXPERIMENTS = 40  # Random ones, in one run of dbt.

SUM = {"type": "sum", "event": "order_completed", "value": "revenue"}
METRICS = {
    "converted": {"type": "conversion", "event": "order_completed"},
    "orders": {"type": "count", "event": "order_completed", "covariate_days": 0},
    "revenue": SUM | {"minimum_effect": 0.05},
    "capped": SUM | {"cap_percentile": 0.95},
    "capped_buyers": SUM | {"cap_percentile": 0.8, "cap_zeros": False},
    "sessions": {"type": "count", "event": "session_started", "direction": "decrease"},
    "order_value": {"type": "ratio", "numerator": "revenue", "denominator": "orders"},
    "per_session": {"type": "ratio", "numerator": "revenue", "denominator": "sessions"},
    "retention": {"type": "retention", "window_days": 7},
}
CAP = METRICS["capped"]["cap_percentile"]

KINDS = (
    *("revenue", "negative", "losses", "large", "constant", "zero", "same_as_before", "tiny"),
    "opposite",
)


@dataclass(frozen=True)
class Experiment:
    """What an experiment is made of.

    Args:
        kind: how the values are distributed, one of KINDS.
        sizes: users of the arms; the first is the control.
        seed: of the values.
    """

    kind: str
    sizes: tuple[int, ...]
    seed: int


sizes = st.one_of(
    st.integers(1, 4), st.integers(5, 60), st.integers(61, 1500), st.sampled_from([5000])
)
experiments = st.builds(
    Experiment,
    st.sampled_from(KINDS),
    st.lists(sizes, min_size=2, max_size=3).map(tuple),
    st.integers(0, 2**32 - 1),
)
# Those that should not be missing in any world.
ALWAYS = [
    *(Experiment(kind, (400, 300), number) for number, kind in enumerate(KINDS)),
    Experiment("revenue", (50_000, 49_000, 20_000), 20),
    Experiment("large", (20_000, 15_000), 21),
    *(Experiment("revenue", arms, 22) for arms in ((1, 1), (1, 30), (2, 2), (30, 1), (5,))),
]


class Users:
    """All users of an experiment: arm, orders and sessions before and after the assignment."""

    def __init__(self, experiment: Experiment) -> None:
        random = np.random.default_rng(experiment.seed)
        self.arm = np.repeat(np.arange(len(experiment.sizes)), experiment.sizes)
        count = len(self.arm)
        # Some are too young for metrics that wait a week.
        self.age = np.where(random.random(count) < 0.8, 20, 3)
        self.sessions = random.poisson(1.2, (2, count)) + (experiment.kind == "large")
        propensity = random.gamma(2, 0.5, count)
        amounts = np.zeros((2, count))
        orders = np.zeros((2, count), dtype=int)
        for period in (0, 1):
            lift = 1 + 0.1 * self.arm * period
            if experiment.kind == "revenue":
                orders[period] = random.poisson(0.5 * propensity * lift)
                amounts[period] = random.lognormal(3 + propensity / 4, 1)
            elif experiment.kind == "negative":
                orders[period] = random.integers(0, 2, count)
                amounts[period] = random.normal(-3 + 5 * propensity * lift, 4)
            elif experiment.kind == "losses":
                orders[period] = 1
                amounts[period] = random.normal(-9 + 2 * propensity - self.arm * period, 4)
            elif experiment.kind == "large":
                orders[period] = 1
                amounts[period] = 1e9 + random.normal(propensity * lift, 1)
            elif experiment.kind == "constant":
                orders[period], amounts[period] = 1, 0.1
            elif experiment.kind == "tiny":
                orders[period] = random.integers(0, 2, count)
                amounts[period] = random.gamma(1, 1e-6, count)
            elif experiment.kind == "opposite":
                orders[period], amounts[period] = 1, np.where(self.arm == 0, 0.5, 2.5)
            elif experiment.kind == "same_as_before":
                orders[period] = 1
                amounts[period] = np.round(10 * propensity) * (1 + period)
        self.orders, self.amounts = orders, amounts
        self.revenue = orders * amounts

    def quantity(self, metric: str) -> np.ndarray:
        """Values before and after the assignment, a row each; denominators are not looked at."""
        if metric == "converted":
            return (self.orders > 0) * 1.0
        if metric == "retention":
            return (self.sessions > 0) * 1.0
        if metric == "orders":
            return self.orders * np.array([[0.0], [1.0]])
        if metric == "sessions":
            return self.sessions * 1.0
        if metric == "capped":
            # linear interpolation, as numpy does by default
            caps = np.quantile(self.revenue, CAP, axis=1, keepdims=True)
            return np.minimum(self.revenue, caps)
        if metric == "capped_buyers":
            share = METRICS[metric]["cap_percentile"]
            return np.array(
                [
                    np.minimum(row, np.quantile(row[row != 0], share)) if row.any() else row
                    for row in self.revenue
                ]
            )
        return self.revenue

    def arms(self, metric: str) -> list[Arm]:
        """The users of each arm in a metric."""
        definition = METRICS[metric]
        is_ratio = definition["type"] == "ratio"
        above = self.quantity(definition["numerator"] if is_ratio else metric)
        below = self.quantity(definition["denominator"]) if is_ratio else np.ones(above.shape)
        analysed = self.age > 7 if metric == "retention" else np.full(len(self.arm), True)
        return [
            Arm(
                *(
                    side[period][analysed & (self.arm == arm)]
                    for period in (1, 0)
                    for side in (above, below)
                )
            )
            for arm in range(self.arm.max() + 1)
        ]


def name_of(number: int) -> str:
    return f"e{number:03}"


def load(warehouse: Warehouse, world: list[Users]) -> None:
    """Write the raw tables as Segment does."""
    columns: dict[str, dict[str, list]] = defaultdict(lambda: defaultdict(list))

    def add(table: str, users: np.ndarray, at: np.ndarray, **fields: np.ndarray) -> None:
        rows = columns[table]
        rows["user_id"].append(users)
        rows["timestamp"].append(at)
        for field, values in fields.items():
            rows[field].append(values)

    for number, users in enumerate(world):
        ids = np.char.add(f"{name_of(number)}-", np.arange(len(users.arm)).astype(str))
        assigned = np.datetime64(AS_OF, "us") - users.age * DAY
        variants = np.array(VARIANTS)[users.arm]
        experiment = np.full(len(ids), name_of(number))
        add("experiment_viewed", ids, assigned, experiment_id=experiment, variant=variants)
        for period, shift in ((0, -DAY), (1, DAY)):
            at = assigned + shift
            who = np.repeat(np.arange(len(ids)), users.orders[period])
            add("order_completed", ids[who], at[who], revenue=users.amounts[period][who])
            who = np.repeat(np.arange(len(ids)), users.sessions[period])
            add("session_started", ids[who], at[who])
    # As of is the newest arrival; a page view of nobody in an experiment says when that is.
    add("pages", np.array(["nobody"]), np.array([AS_OF], dtype="datetime64[us]"))
    for table, rows in columns.items():
        joined = {field: np.concatenate(values) for field, values in rows.items()}
        count = len(joined["user_id"])
        ids = pa.array(np.char.add(f"{table}-", np.arange(count).astype(str)))
        at = pa.array(joined["timestamp"])
        warehouse.load(
            table,
            pa.table(
                {
                    "id": ids,
                    "anonymous_id": pa.nulls(count, pa.string()),
                    **{field: pa.array(values) for field, values in joined.items()},
                    "received_at": at,
                    "original_timestamp": at,
                }
            ),
        )


class Errors:
    """The worst error per column and source of the expectation."""

    def __init__(self) -> None:
        self.worst: dict[tuple[str, str], tuple[float, str]] = {}
        self.counts: dict[tuple[str, str], int] = defaultdict(int)

    def add(self, column: str, source: str, error: float, where: str) -> None:
        """Keep an error when it is worse than those before."""
        self.counts[column, source] += 1
        if error >= self.worst.get((column, source), (-1, ""))[0]:
            self.worst[column, source] = (error, where)

    def table(self) -> str:
        """A line per column and source."""
        lines = [f"{'column':28}{'against':14}{'compared':>9}{'worst error':>14}  where"]
        for (column, source), (error, where) in sorted(self.worst.items()):
            count = self.counts[column, source]
            lines.append(f"{column:28}{source:14}{count:>9}{error:>14.1e}  {where}")
        return "\n".join(lines)


def scale_of(column: str, row: dict) -> float:
    """What an error is small beside, apart from the value: lifts are known to a standard error."""
    error = float(row.get("standard_error", 0) or 0)
    control = abs(float(row.get("control_mean") or 0))
    if column.startswith(("absolute", "sequential_l", "sequential_u")):
        return error
    if column.startswith(("relative_lift", "sequential_relative")):
        return error / control if control else 0
    if column in ("t_statistic", "variance_reduction", "chance_to_beat_control"):
        return 1
    if column == "expected_loss":
        return reference.PRIOR_SD
    return 0


EXACT = ("users", "control_users", "status", "relative_lift_status", "is_significant")
PRECISE = (
    *("users", "status", "total", "mean", "control_mean", "variance", "standard_error"),
    "degrees_of_freedom",
)
NULLABLE = (
    *("absolute_lift", "standard_error", "degrees_of_freedom", "t_statistic", "p_value"),
    *("absolute_lift_lower", "absolute_lift_upper", "relative_lift", "relative_lift_lower"),
    *("relative_lift_upper", "sequential_p_value", "sequential_lower", "sequential_upper"),
    *("sequential_relative_lower", "sequential_relative_upper"),
    *("chance_to_beat_control", "expected_loss", "minimum_detectable_effect", "required_users"),
    *("variance_reduction", "is_significant"),
)


def check_row(row: dict, wanted: dict, where: str, errors: Errors) -> None:
    """Compare a comparison with the formulas."""
    assert row["status"] == wanted["status"], (where, row)
    for column in NULLABLE:
        assert (row[column] is None) == (wanted.get(column) is None), (where, column, row, wanted)
    for column, value in wanted.items():
        if "kind='large'" in where and (
            column not in PRECISE or "cuped" in where or "capped" in where
        ):
            # A mean near 1e9 has seven digits after the point, in scipy as here; so have the lift
            # and the percentile.
            continue
        if column in EXACT:
            assert row[column] == value, (where, column, row, value)
        elif value is not None and column != "required_users":
            compare(column, "formula", row[column], value, wanted, where, errors)
        elif column == "required_users":
            # rounded up: a number that is whole but for its last digits may be either
            assert abs(row[column] - value) <= max(1, 1e-9 * value), (where, row[column], value)


def compare(
    column: str, source: str, actual, value, wanted: dict, where: str, errors: Errors
) -> None:
    difference = abs(float(np.longdouble(actual) - np.longdouble(value)))
    size = max(abs(float(value)), scale_of(column, wanted))
    if size > 1e-290:
        errors.add(column, source, difference / size, where)


def check_world(warehouse: Warehouse, specs: list[Experiment], world: list[Users]) -> Errors:
    """Compare all results of a world with what they should be."""
    errors = Errors()
    rows = {
        (row["experiment_id"], row["metric"], row["variant"], row["estimator"]): row
        for row in warehouse.query("select * from experiment_results")
    }
    for row in rows.values():
        for column, value in row.items():
            assert not isinstance(value, float) or np.isfinite(value), (column, row)
    seen = set()
    for number, users in enumerate(world):
        variants = VARIANTS[: users.arm.max() + 1]
        for metric, definition in METRICS.items():
            arms = users.arms(metric)
            for variant, arm in list(zip(variants, arms, strict=True))[1:]:
                is_ratio = definition["type"] == "ratio"
                libraries: dict[str, dict] = {}
                for estimator in ("unadjusted", "cuped"):
                    where = f"{specs[number]} {metric} {variant} {estimator}"
                    key = (name_of(number), metric, variant, estimator)
                    seen.add(key)
                    wanted = reference.expected(
                        arm, arms[0], definition.get("minimum_effect", 0.02), estimator
                    )
                    if (wanted.get("variance_reduction") or 0) > 1 - 1e-5:
                        # Next to nothing is left of the variance; what is, is rounding.
                        continue
                    check_row(rows[key], wanted, where, errors)
                    if wanted["status"] != "ok" or specs[number].kind == "large":
                        continue  # tea-tasting loses the variance of large values itself
                    libraries = libraries or reference.library_values(arm, arms[0], is_ratio)
                    for column, (library, value) in libraries[estimator].items():
                        if wanted.get(column) is not None and np.isfinite(value):
                            compare(
                                column, library, rows[key][column], value, wanted, where, errors
                            )
        check_experiment(name_of(number), users, rows, errors)
    controls = {key for key, row in rows.items() if row["is_control"]}
    assert set(rows) == seen | controls
    for key in controls:
        assert all(rows[key][column] is None for column in (*NULLABLE, "verdict", "p_value_bh"))
    return errors


def check_experiment(name: str, users: Users, rows: dict, errors: Errors) -> None:
    """Compare what belongs to the experiment as a whole, and cuped without a covariate."""
    mine = {key: row for key, row in rows.items() if key[0] == name}
    counts = np.bincount(users.arm)
    for key, row in mine.items():
        if len(counts) == 1:
            assert row["srm_p_value"] is None
        else:
            value = stats.chisquare(counts).pvalue
            if value > 1e-290:
                compare("srm_p_value", "scipy", row["srm_p_value"], value, {}, name, errors)
        if key[1] == "orders" and key[3] == "cuped":
            for column, value in mine[(*key[:3], "unadjusted")].items():
                if column not in ("estimator", "variance_reduction", "p_value_holm", "p_value_bh"):
                    wanted = pytest.approx(value, rel=1e-13) if type(value) is float else value
                    assert row[column] == wanted, (column, row)
    for estimator in ("unadjusted", "cuped"):
        tested = [
            row
            for key, row in sorted(mine.items())
            if key[3] == estimator and row["p_value"] is not None
        ]
        for column, method in (("p_value_holm", "holm"), ("p_value_bh", "fdr_bh")):
            if tested:
                values = multipletests([row["p_value"] for row in tested], method=method)[1]
                for row, value in zip(tested, values, strict=True):
                    compare(column, "statsmodels", row[column], value, {}, name, errors)


def drawn() -> list[Experiment]:
    """Random experiments, as hypothesis finds them."""
    found: list[Experiment] = []

    @settings(
        max_examples=EXPERIMENTS,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(experiments)
    def collect(experiment: Experiment) -> None:
        found.append(experiment)

    collect()
    return list(dict.fromkeys(found))


def test_every_column_is_what_the_libraries_say(tmp_path):
    warehouse = Warehouse(
        tmp_path,
        {
            "metrics": [{"name": name} | keys for name, keys in METRICS.items()],
            "activity": ["session_started", "pages"],
            "exposure_events": [{"table": "experiment_viewed"}],
        },
    )
    specs = ALWAYS + drawn()
    # A small arm is a stray variant unless the registry lists it.
    warehouse.register(
        [(name_of(number), "control", None, None, None) for number in range(len(specs))],
        [
            (name_of(number), variant, 1 / len(spec.sizes))
            for number, spec in enumerate(specs)
            for variant in VARIANTS[: len(spec.sizes)]
        ],
    )
    world = [Users(spec) for spec in specs]
    load(warehouse, world)
    warehouse.dbt("run")
    errors = check_world(warehouse, specs, world)
    print("\n" + errors.table())
    assert {source for _, source in errors.counts} == {
        *("formula", "scipy", "statsmodels", "tea-tasting"),
    }
    wrong = {key: error for key, error in errors.worst.items() if not error[0] < 1e-9}
    assert not wrong, errors.table()
