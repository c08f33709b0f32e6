"""How often is a variant shipped that does nothing? Experiments looked at every day.

python -m benchmarks.decisions [--experiments 20000] [--users 40] [--days 28]

The rules of experiment_decisions in numpy, with the intervals of the project by scipy: until the
planned end somebody looks every day at the sequential interval, and at the end once at the ordinary
one. Whatever the first look says to ship is shipped.
"""

import argparse
import sys
import time
from dataclasses import dataclass

import numpy as np
from scipy import stats

ALPHA = 0.05
TUNING_USERS = 5000
MINIMUM_DAYS = 7
MARGIN = 0.1
CHUNK = 500
"""Experiments that are simulated at a time."""


@dataclass(frozen=True)
class Looks:
    """What is seen of a metric, an array of experiments and days.

    Attributes:
        lift: the difference of the means.
        p_value: of Welch's test.
        sequential_p_value: of the sequential test.
        margin_p_value: one-sided, that the variant is worse by MARGIN.
        sequential_bound: lower bound of the relative lift, of the sequential interval; -inf when
            it has no end.
    """

    lift: np.ndarray
    p_value: np.ndarray
    sequential_p_value: np.ndarray
    margin_p_value: np.ndarray
    sequential_bound: np.ndarray


def look(treated: np.ndarray, control: np.ndarray) -> Looks:
    """Look at the users so far at the end of each day.

    Args:
        treated: values by experiment, day and user of the day.
        control: the same.
    """
    means, errors, counts = [], [], []
    for arm in (treated, control):
        count = np.cumsum(np.full(arm.shape[1], arm.shape[2]))
        mean = np.cumsum(arm.sum(2), 1) / count
        squares = np.cumsum((arm**2).sum(2), 1)
        means.append(mean)
        errors.append((squares - count * mean**2) / (count - 1) / count)
        counts.append(count)

    def t_and_df(factor: float) -> tuple[np.ndarray, np.ndarray]:
        """Welch's statistic of the difference to the control times a factor."""
        scaled = errors[1] * factor**2
        both = errors[0] + scaled
        df = both**2 / (errors[0] ** 2 / (counts[0] - 1) + scaled**2 / (counts[1] - 1))
        return (means[0] - factor * means[1]) / np.sqrt(both), df

    t, df = t_and_df(1)
    users = counts[0] + counts[1]
    rho2 = (-2 * np.log(ALPHA) + np.log(-2 * np.log(ALPHA) + 1)) / TUNING_USERS
    k = users * rho2
    critical = np.sqrt(2 * (k + 1) / k * np.log(np.sqrt(k + 1) / ALPHA))
    a = means[1] ** 2 - critical**2 * errors[1]
    root = np.sqrt(np.maximum(errors[0] * a + means[0] ** 2 * errors[1], 0))
    with np.errstate(divide="ignore", invalid="ignore"):
        bound = (means[0] * means[1] - critical * root) / a - 1
    return Looks(
        lift=means[0] - means[1],
        p_value=2 * stats.t.sf(np.abs(t), df),
        sequential_p_value=np.minimum(1, np.sqrt(k + 1) * np.exp(-k * t**2 / (2 * (k + 1)))),
        margin_p_value=stats.t.sf(*t_and_df(1 - MARGIN)),
        sequential_bound=np.where(a > 0, bound, -np.inf),
    )


def ended(looks: Looks) -> np.ndarray:
    """Whether each look is the last one, at the planned end."""
    return np.arange(looks.lift.shape[1]) == looks.lift.shape[1] - 1


def is_significant(looks: Looks) -> np.ndarray:
    """Whether the p-value that counts on the day is below ALPHA."""
    return np.where(ended(looks), looks.p_value, looks.sequential_p_value) < ALPHA


def has_won(looks: Looks) -> np.ndarray:
    """Whether a goal has won."""
    return is_significant(looks) & (looks.lift > 0)


def has_lost(looks: Looks) -> np.ndarray:
    """Whether a goal has lost, or a guardrail is breached."""
    return is_significant(looks) & (looks.lift < 0)


def has_held(looks: Looks) -> np.ndarray:
    """Whether a guardrail has held."""
    within = np.where(ended(looks), looks.margin_p_value < ALPHA, looks.sequential_bound > -MARGIN)
    return within & ~has_lost(looks)


def ever(decisions: np.ndarray) -> np.ndarray:
    """Whether a look from the minimum of days on said so, by experiment."""
    return decisions[:, MINIMUM_DAYS - 1 :].any(1)


def simulate(experiments: int, users: int, days: int, seed: int) -> dict[str, float]:
    """Simulate experiments with two correlated metrics.

    Args:
        experiments: their number.
        users: new users of each arm in a day.
        days: until the planned end.
        seed: of all random numbers.

    Returns:
        What is counted -> its share of the experiments.
    """
    random = np.random.default_rng(seed)
    counted: dict[str, list[np.ndarray]] = {}

    def count(name: str, found: np.ndarray) -> None:
        counted.setdefault(name, []).append(found)

    for first in range(0, experiments, CHUNK):
        shape = (2, min(CHUNK, experiments - first), days, users)
        propensity = random.gamma(2, 0.5, shape)
        orders = random.poisson(propensity)
        revenue = orders * random.lognormal(3, 0.5, shape)
        goal, other = look(*orders.astype(float)), look(*revenue)
        at_margin = look((1 - MARGIN) * revenue[0], revenue[1])
        alone = has_won(goal)
        count("ship, one goal", ever(alone))
        count("ship, one goal and a guardrail", ever(alone & has_held(other)))
        count("ship, two goals", ever(alone & has_won(other)))
        count("ship, one of three variants", _any_of(random, shape))
        count("roll back, one goal", ever(has_lost(goal)))
        count("a guardrail holds that is worse by its margin", ever(has_held(at_margin)))
        every_day = (goal.p_value < ALPHA) & (goal.lift > 0)
        count("ordinary p < 0.05 and better, at any look (not the rule)", ever(every_day))
    return {name: float(np.concatenate(found).mean()) for name, found in counted.items()}


def _any_of(random: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Whether one of three variants is shipped, by experiment."""
    control = random.poisson(1.0, shape[1:]).astype(float)
    variants = [random.poisson(1.0, shape[1:]).astype(float) for _ in range(3)]
    return np.any([ever(has_won(look(variant, control))) for variant in variants], axis=0)


def report(shares: dict[str, float], experiments: int, days: int) -> str:
    """Make the table.

    Args:
        shares: as of simulate().
        experiments: their number.
        days: number of looks.

    Returns:
        Markdown.
    """
    lines = [
        f"| {experiments} experiments without an effect, {days} daily looks | share |",
        "|---|---|",
    ]
    lines += [f"| {name} | {share:.2%} |" for name, share in shares.items()]
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: Arguments; those of the process when None.

    Returns:
        Exit code: 0 when a variant without an effect is shipped or rolled back in less than 5 % of
        the experiments, and a guardrail that is worse by its margin holds in at most 5 %, give or
        take three standard errors and the skewness of revenue (one percentage point).
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks.decisions")
    parser.add_argument("--experiments", type=int, default=20_000)
    parser.add_argument("--users", type=int, default=40, help="of each arm in a day")
    parser.add_argument("--days", type=int, default=28)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    started = time.monotonic()
    shares = simulate(options.experiments, options.users, options.days, options.seed)
    print(report(shares, options.experiments, options.days))
    print(f"\n{time.monotonic() - started:.0f} s")
    margin = 0.01 + 3 * (ALPHA * (1 - ALPHA) / options.experiments) ** 0.5
    of_one_variant = [
        share
        for name, share in shares.items()
        if name.startswith(("ship, one goal", "ship, two", "roll back"))
    ]
    holds = shares["a guardrail holds that is worse by its margin"]
    return 1 if max(of_one_variant) >= ALPHA or holds > ALPHA + margin else 0


if __name__ == "__main__":
    sys.exit(main())
