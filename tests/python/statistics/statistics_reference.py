"""What the results should be, from the users' values: plain formulas, and libraries.

`expected` computes every column by the formulas of the documentation in extended precision, with
the distributions of scipy. `library_values` gives the columns that scipy and tea-tasting compute by
themselves, each with the name of the library.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
import tea_tasting as tt
from scipy import stats
from statsmodels.stats.power import NormalIndPower

ALPHA = 1 - 0.95
POWER = 0.8
PRIOR_MEAN, PRIOR_SD = 0.0, 0.3
TUNING_USERS = 5000


@dataclass(frozen=True)
class Arm:
    """The users of an arm in one metric: arrays of one length, zeros included.

    Args:
        value: of the metric; the numerator of a ratio.
        denominator: of a ratio, 1 for other metrics.
        covariate: the value before the assignment.
        covariate_denominator: the denominator before the assignment.
    """

    value: np.ndarray
    denominator: np.ndarray
    covariate: np.ndarray
    covariate_denominator: np.ndarray

    def __post_init__(self) -> None:
        """Extended precision throughout."""
        for name in ("value", "denominator", "covariate", "covariate_denominator"):
            object.__setattr__(self, name, getattr(self, name).astype(np.longdouble))

    @property
    def users(self) -> int:
        """Number of users."""
        return len(self.value)

    def together(self, other: Arm) -> Arm:
        """Both arms as one."""
        return Arm(
            *(
                np.concatenate([getattr(self, name), getattr(other, name)])
                for name in ("value", "denominator", "covariate", "covariate_denominator")
            )
        )

    def ratio(self, numerator: np.ndarray, denominator: np.ndarray):
        """Ratio of the totals; None over nothing."""
        total = denominator.sum()
        return None if self.users == 0 or total == 0 else numerator.sum() / total

    def linear(self, numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
        """Deviation of each user's linearised ratio from the ratio."""
        ratio = self.ratio(numerator, denominator)
        return (numerator - ratio * denominator) / denominator.mean()


def without_rounding(variance, *parts):
    """The variance, or 0 when it is nothing beside what it is the difference of."""
    return np.longdouble(0) if variance <= 1e-13 * sum(map(abs, parts)) else variance


def estimate(arm: Arm, theta, pooled_covariate) -> tuple:
    """Mean and variance of an arm, adjusted by theta; None where not defined."""
    mean = arm.ratio(arm.value, arm.denominator)
    if mean is None or arm.users < 2:
        return mean, None
    deviations = arm.linear(arm.value, arm.denominator)
    if theta != 0:
        before = arm.linear(arm.covariate, arm.covariate_denominator)
        mean -= theta * (arm.ratio(arm.covariate, arm.covariate_denominator) - pooled_covariate)
        deviations = deviations - theta * before
    plain = (arm.value.var(ddof=1) + (mean**2) * arm.denominator.var(ddof=1)) / (
        arm.denominator.mean() ** 2
    )
    deviations = deviations - deviations.mean()
    return mean, without_rounding((deviations**2).sum() / (arm.users - 1), plain)


def theta_of(treated: Arm, control: Arm) -> tuple:
    """Theta of CUPED over both arms together, and the pooled covariate."""
    both = treated.together(control)
    for arm in (treated, control, both):
        if arm.ratio(arm.covariate, arm.covariate_denominator) is None:
            return 0, 0
    value = both.ratio(both.value, both.denominator)
    if value is None or treated.users < 2 or control.users < 2:
        return 0, 0
    before = both.linear(both.covariate, both.covariate_denominator)
    plain = both.covariate.var() + both.covariate_denominator.var()
    if (before**2).mean() <= 1e-20 * plain or plain <= 1e-28 * both.covariate.mean() ** 2:
        return 0, 0
    after = both.linear(both.value, both.denominator)
    theta = (after * before).sum() / (before**2).sum()
    return theta, both.ratio(both.covariate, both.covariate_denominator)


def expected(treated: Arm, control: Arm, minimum_effect: float, estimator: str) -> dict:
    """Every column of a comparison that follows from its two arms.

    Args:
        treated: the arm of the variant.
        control: the arm of the control.
        minimum_effect: of the metric.
        estimator: `unadjusted` or `cuped`.
    """
    theta, pooled = theta_of(treated, control) if estimator == "cuped" else (0, 0)
    mean, variance = estimate(treated, theta, pooled)
    control_mean, control_variance = estimate(control, theta, pooled)
    row = {
        "users": treated.users,
        "total": treated.value.sum(),
        "mean": mean,
        "variance": variance,
        "control_users": control.users,
        "control_mean": control_mean,
        "status": "ok",
    }
    if treated.users == 0:
        return row | {"status": "no_users"}
    if control.users == 0:
        return row | {"status": "no_control_users"}
    if mean is None or control_mean is None:
        return row | {"status": "no_denominator"}
    lift = row["absolute_lift"] = mean - control_mean
    if control_mean != 0:
        row["relative_lift"] = lift / abs(control_mean)
    if min(treated.users, control.users) < 2:
        return row | {"status": "too_few_users"}
    t_error, c_error = variance / treated.users, control_variance / control.users
    if t_error + c_error <= 0:
        return row | {"status": "zero_variance"}
    error = np.sqrt(t_error + c_error)
    df = (t_error + c_error) ** 2 / (
        t_error**2 / (treated.users - 1) + c_error**2 / (control.users - 1)
    )
    t = lift / error
    critical = np.longdouble(stats.t.isf(ALPHA / 2, float(df)))
    p_value = 2 * stats.t.sf(abs(float(t)), float(df))
    users = treated.users + control.users
    rho = math.sqrt((-2 * math.log(ALPHA) + math.log(-2 * math.log(ALPHA) + 1)) / TUNING_USERS)
    k = users * rho**2
    half = error * np.sqrt(2 * (k + 1) * np.log(np.sqrt(k + 1) / ALPHA) / k)
    row |= {
        "standard_error": error,
        "degrees_of_freedom": df,
        "t_statistic": t,
        "p_value": p_value,
        "absolute_lift_lower": lift - critical * error,
        "absolute_lift_upper": lift + critical * error,
        "is_significant": p_value < ALPHA,
        "sequential_p_value": min(
            np.longdouble(1), np.sqrt(k + 1) * np.exp(-k * t**2 / (2 * (k + 1)))
        ),
        "sequential_lower": lift - half,
        "sequential_upper": lift + half,
    }
    if estimator == "cuped":
        _, plain_t = estimate(treated, 0, 0)
        _, plain_c = estimate(control, 0, 0)
        plain = plain_t / treated.users + plain_c / control.users
        row["variance_reduction"] = 1 - error**2 / plain if plain > 0 else None
    if control_mean == 0:
        return row | {"relative_lift_status": "control_is_zero"}
    ordinary = fieller(mean, control_mean, t_error, c_error, critical)
    sequential = fieller(mean, control_mean, t_error, c_error, half / error)
    status = "ok" if ordinary else "control_not_separated_from_zero"
    row |= {"relative_lift_status": status}
    row |= zip(("relative_lift_lower", "relative_lift_upper"), ordinary, strict=False)
    row |= zip(("sequential_relative_lower", "sequential_relative_upper"), sequential, strict=False)
    d = detectable_standard_errors()
    row |= {
        "minimum_detectable_effect": d * error / abs(control_mean),
        "required_users": math.ceil(
            d**2 * (variance + control_variance) / (minimum_effect * control_mean) ** 2
        ),
    }
    relative_error2 = t_error / control_mean**2 + c_error * mean**2 / control_mean**4
    if relative_error2 == 0:
        return row
    precision = 1 / np.longdouble(PRIOR_SD) ** 2 + 1 / relative_error2
    mu = (PRIOR_MEAN / PRIOR_SD**2 + row["relative_lift"] / relative_error2) / precision
    sigma = 1 / np.sqrt(precision)
    return row | {
        "chance_to_beat_control": stats.norm.cdf(float(mu / sigma)),
        "expected_loss": sigma * stats.norm.pdf(float(mu / sigma))
        - mu * stats.norm.sf(float(mu / sigma)),
    }


def fieller(mean, control_mean, squared_error, control_squared_error, critical) -> tuple:
    """Bounds of (mT - mC) / |mC| from those of mT / mC by Fieller; empty when they have no end."""
    a = control_mean**2 - critical**2 * control_squared_error
    if a <= 0:
        return ()
    b, d = control_mean * mean, mean**2 - critical**2 * squared_error
    root = np.sqrt(max(b * b - a * d, 0))
    lifts = [((b - root) / a - 1), ((b + root) / a - 1)]
    return tuple(sorted(np.sign(control_mean) * lift for lift in lifts))


@cache
def detectable_standard_errors() -> float:
    """Effect in standard errors that a two-sided test finds with the power, by statsmodels.

    NormalIndPower's effect is in standard deviations of both arms; with two users per arm that is a
    standard error.
    """
    d = NormalIndPower().solve_power(nobs1=2, alpha=ALPHA, power=POWER, ratio=1)
    for _ in range(4):  # its root finder stops at 1e-8
        excess = NormalIndPower().power(d, 2, ALPHA) - POWER
        z = stats.norm.isf(ALPHA / 2)
        d -= excess / (stats.norm.pdf(z - d) - stats.norm.pdf(z + d))
    return d


def library_values(treated: Arm, control: Arm, is_ratio: bool) -> dict[str, dict[str, tuple]]:
    """Columns that a library computes.

    Returns:
        Estimator -> column -> (library, value).
    """
    found: dict[str, dict[str, tuple]] = {"unadjusted": {}, "cuped": {}}
    if not is_ratio:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            test = stats.ttest_ind(
                treated.value.astype(float), control.value.astype(float), equal_var=False
            )
        interval = test.confidence_interval(0.95)
        found["unadjusted"] |= {
            column: ("scipy", value)
            for column, value in {
                "t_statistic": test.statistic,
                "degrees_of_freedom": test.df,
                "p_value": test.pvalue,
                "absolute_lift_lower": interval.low,
                "absolute_lift_upper": interval.high,
            }.items()
        }
    names = ("value", "denominator", "covariate", "covariate_denominator")
    data = pd.DataFrame(
        {
            "variant": np.repeat([0, 1], [control.users, treated.users]),
            **{
                name: np.concatenate([getattr(control, name), getattr(treated, name)]).astype(float)
                for name in names
            },
        }
    )
    if is_ratio:
        metrics = {
            "unadjusted": tt.RatioOfMeans("value", "denominator", use_t=True),
            "cuped": tt.RatioOfMeans(
                "value", "denominator", "covariate", "covariate_denominator", use_t=True
            ),
        }
    else:
        metrics = {
            "unadjusted": tt.Mean("value", use_t=True),
            "cuped": tt.Mean("value", covariate="covariate", use_t=True),
        }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            results = tt.Experiment(metrics).analyze(data, control=0)
        except (ArithmeticError, ValueError):
            return found  # its relative interval goes through a logarithm
    for estimator in metrics:
        result = results[estimator]
        for column, value in {
            "mean": result.treatment,
            "control_mean": result.control,
            "absolute_lift": result.effect_size,
            # Theirs is relative to the mean itself, and has the other sign where that is negative.
            "relative_lift": math.copysign(1, result.control) * result.rel_effect_size,
            "absolute_lift_lower": result.effect_size_ci_lower,
            "absolute_lift_upper": result.effect_size_ci_upper,
            "t_statistic": result.statistic,
            "p_value": result.pvalue,
        }.items():
            found[estimator].setdefault(column, ("tea-tasting", value))
    return found
