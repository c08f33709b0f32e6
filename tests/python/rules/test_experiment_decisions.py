"""Decisions: every combination, by the rules in prose; and experiments end to end."""

from __future__ import annotations

import datetime as dt
import itertools
from collections import Counter

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from scipy import stats

from tests.python.harness.warehouse import Warehouse
from tests.python.statistics import statistics_reference as reference

START = dt.datetime(2026, 3, 1)
DAY = dt.timedelta(days=1)
AS_OF = START + 20 * DAY
WINDOW_DAYS = 5
BOTH = ("control", "blue")
GOALS = ("won", "lost", "not yet powered", "inconclusive")
GUARDRAILS = ("held", "at risk", "breached")


def decide(
    failed: bool, ended: bool, early: bool, rule: str, goals: tuple, guardrails: tuple, small: bool
) -> str:
    """The decision, as people say it."""
    if failed:
        return "fix tracking"
    if early or not goals:
        return "review" if ended else "keep running"
    if "breached" in guardrails:
        return "roll back"
    if rule == "do_no_harm":
        if "lost" in goals:
            return "roll back"
        if not ended:
            return "keep running"
        return "too few users" if small else "ship"
    won_everything = set(goals) == {"won"}
    if "lost" in goals and "won" not in goals:
        return "roll back"
    if won_everything and set(guardrails) <= {"held"}:
        return "ship"
    if not ended:
        return "keep running"
    if won_everything or {"won", "lost"} <= set(goals):
        return "review"
    return "too few users" if small or "not yet powered" in goals else "review"


def several(states: tuple) -> list[tuple]:
    """None, one or two of some states."""
    return [
        chosen
        for count in range(3)
        for chosen in itertools.combinations_with_replacement(states, count)
    ]


def listed(names: tuple, *states: str) -> str | None:
    """The metrics in one of some states; their numbers are their names."""
    found = [f"m{number}" for number, state in enumerate(names) if state in states]
    return ", ".join(found) or None


def test_all_combinations_are_decided_by_the_rules(tmp_path):
    cases = list(
        itertools.product(
            *((False, True),) * 3,
            ("clear_signals", "do_no_harm"),
            several(GOALS),
            several(GUARDRAILS),
            (False, True),
        )
    )
    rows = [
        {
            "number": number,
            "failed_checks": "crossovers" if failed else None,
            "has_reached_end": ended,
            "days_run": 6.9 if early else 7.0,
            "minimum_days": 7.0,
            "decision_rule": rule,
            "goal_count": len(goals),
            "won_goals": goals.count("won"),
            "lost_goals": goals.count("lost"),
            "unpowered_goals": goals.count("not yet powered"),
            "guardrail_count": len(guardrails),
            "held_guardrails": guardrails.count("held"),
            "breached_guardrails": guardrails.count("breached"),
            "goals": listed(goals, *GOALS),
            "goals_won": listed(goals, "won"),
            "goals_lost": listed(goals, "lost"),
            "unclear_goals": listed(goals, *GOALS[1:]),
            "unclear_metrics": listed(goals, *GOALS[1:])
            or listed(guardrails, "at risk", "breached"),
            "guardrails_held": listed(guardrails, "held"),
            "guardrails_at_risk": listed(guardrails, "at risk"),
            "guardrails_breached": listed(guardrails, "breached"),
            "smallest_users": 99 if small else 100,
        }
        for number, (failed, ended, early, rule, goals, guardrails, small) in enumerate(cases)
    ]
    sql = Warehouse(tmp_path).compile_inline(
        "with {{ segment_experiments.decision_ctes('cases', 'final') }} "
        "select decision, reason from final order by number",
        settings={"min_users_per_variant": 100},
    )
    with duckdb.connect() as connection:
        connection.register("cases", pa.Table.from_pylist(rows))
        found = connection.execute(sql).fetchall()
    wrong = [
        (case, decision)
        for case, (decision, _) in zip(cases, found, strict=True)
        if decision != decide(*case)
    ]
    assert wrong == []
    assert set(Counter(decision for decision, _ in found)) == {
        *("fix tracking", "keep running", "review", "roll back", "ship", "too few users")
    }
    for (failed, _, early, rule, goals, _, _), (_, reason) in zip(cases, found, strict=True):
        assert reason.endswith(".")
        if goals and not failed and not early:
            assert reason.startswith(f"{rule}: ")
            assert "m0" in reason or "m1" in reason


@pytest.mark.parametrize(
    ("failed", "ended", "early", "rule", "goals", "guardrails", "small", "decision"),
    [
        (True, True, False, "do_no_harm", ("won",), (), False, "fix tracking"),
        (False, False, True, "clear_signals", ("won",), (), False, "keep running"),
        (False, True, True, "clear_signals", ("won",), (), False, "review"),
        (False, False, False, "clear_signals", (), ("breached",), False, "keep running"),
        (False, True, False, "do_no_harm", (), (), False, "review"),
        (False, False, False, "clear_signals", ("won",), ("breached",), False, "roll back"),
        (False, False, False, "clear_signals", ("lost",), ("held",), False, "roll back"),
        (False, False, False, "clear_signals", ("won", "won"), ("held",), True, "ship"),
        (False, False, False, "clear_signals", ("won",), ("at risk",), False, "keep running"),
        (False, True, False, "clear_signals", ("won",), ("at risk",), True, "review"),
        (False, False, False, "clear_signals", ("won", "lost"), (), False, "keep running"),
        (False, True, False, "clear_signals", ("won", "lost"), (), False, "review"),
        (False, True, False, "clear_signals", ("won", "inconclusive"), (), False, "review"),
        (False, True, False, "clear_signals", ("inconclusive",), (), True, "too few users"),
        (False, True, False, "clear_signals", ("not yet powered",), (), False, "too few users"),
        (False, True, False, "do_no_harm", ("not yet powered",), ("at risk",), False, "ship"),
        (False, True, False, "do_no_harm", ("inconclusive",), (), True, "too few users"),
        (False, False, False, "do_no_harm", ("won",), ("held",), False, "keep running"),
        (False, False, False, "do_no_harm", ("won", "lost"), (), False, "roll back"),
    ],
)
def test_the_rules_in_prose_are_right(
    failed, ended, early, rule, goals, guardrails, small, decision
):
    assert decide(failed, ended, early, rule, goals, guardrails, small) == decision


# experiment -> days of assignment; users per day, share who order and share who sign up of each arm
WORLD = {
    "ships": (range(10, 20), (30, 30), (0.2, 0.6), (0.5, 0.5)),
    "hurts": (range(7, 20), (30, 30), (0.2, 0.6), (0.6, 0.3)),
    "runs": (range(20), (30, 30), (0.2, 7 / 30), (0.5, 0.5)),
    "uneven": (range(20), (30, 20), (0.2, 0.6), (0.5, 0.5)),
    "harmless": (range(10), (30, 30), (0.2, 0.2), (0.5, 0.5)),
    "early": (range(17, 20), (100, 100), (0.2, 0.6), (0.5, 0.5)),
    "short": (range(3), (100, 100), (0.2, 0.6), (0.5, 0.5)),
    "week": (range(7), (100, 100), (0.2, 0.6), (0.5, 0.5)),
    "at_risk": (range(7), (30, 30), (0.2, 0.6), (0.5, 0.5)),
    "no_goal": (range(20), (30, 30), (0.2, 0.6), (0.5, 0.5)),
    "split": (range(20), (60, 40), (0.2, 0.2), (0.5, 0.5)),
    "small": (range(9), (9, 9), (0.2, 0.2), (0.5, 0.5)),
    "unregistered": (range(20), (30, 30), (0.2, 0.6), (0.5, 0.5)),
}
GOAL = {"goal_metrics": "orders"}
WITH_GUARDRAIL = GOAL | {"guardrail_metrics": "signup:0.5"}
REGISTRY = {
    "ships": WITH_GUARDRAIL | {"target_effect": "0.1"},
    "hurts": WITH_GUARDRAIL,
    "runs": WITH_GUARDRAIL,
    "uneven": WITH_GUARDRAIL,
    "harmless": WITH_GUARDRAIL | {"planned_end": "2026-03-15", "decision_rule": "do_no_harm"},
    "early": GOAL,
    "short": GOAL,
    "week": GOAL | {"decision": "blue", "decided_at": "2026-03-09"},
    "at_risk": GOAL | {"guardrail_metrics": "signup:0.01", "planned_end": "2026-03-08"},
    "no_goal": {"guardrail_metrics": "signup"},
    "split": GOAL | {"minimum_days": "25", "target_effect": "0.5"},
    "small": GOAL | {"planned_end": "2026-03-15", "decision_rule": "do_no_harm"},
}
LAST_MOMENT = DAY - dt.timedelta(microseconds=1)
DATES = {
    "short": (START, START + 2 * DAY + LAST_MOMENT),
    "week": (START, START + 6 * DAY + LAST_MOMENT),
}
SHARES = {"split": (0.6, 0.4)}
ALL_DAY = dt.timedelta(hours=1)


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory) -> Warehouse:
    rows: dict[str, list[dict]] = {name: [] for name in ("viewed", "ordered", "signed_up")}

    def add(table: str, user: str, at: dt.datetime, **fields) -> None:
        ids = {"id": f"{table}-{len(rows[table])}", "anonymous_id": None, "user_id": user}
        rows[table].append(ids | {"timestamp": at, "received_at": at} | fields)

    for experiment, (days, sizes, ordering, signing) in WORLD.items():
        for day in days:
            for arm, variant in enumerate(BOTH):
                for number in range(sizes[arm]):
                    user = f"{experiment}-{variant}-{day}-{number}"
                    # The first user comes an hour after midnight, as in life.
                    at = START + day * DAY + ALL_DAY
                    add("viewed", user, at, experiment_id=experiment, variant=variant)
                    if number < ordering[arm] * sizes[arm]:
                        add("ordered", user, at + ALL_DAY)
                        # of those who order some have done so before, in one of the experiments
                        if experiment == "runs" and number % 2:
                            add("ordered", user, at - ALL_DAY)
                    if sizes[arm] - number <= signing[arm] * sizes[arm]:
                        add("signed_up", user, at + ALL_DAY)
    metric = {"type": "conversion", "window_days": WINDOW_DAYS}
    warehouse = Warehouse(
        tmp_path_factory.mktemp("decisions"),
        {
            "metrics": [
                metric | {"name": "orders", "event": "ordered", "label": "Bought something"},
                metric | {"name": "signup", "event": "signed_up", "unit": "percent"},
            ],
            "activity": [],
            "modules": [],
            "exposure_events": [{"table": "viewed"}],
            "as_of": str(AS_OF),
        },
    )
    for name, table in rows.items():
        warehouse.load(name, table)
    warehouse.register(
        [(name, None, *DATES.get(name, (None, None)), None) for name in REGISTRY],
        [
            (name, variant, SHARES.get(name, (0.5, 0.5))[arm])
            for name in REGISTRY
            for arm, variant in enumerate(BOTH)
        ],
        REGISTRY,
    )
    warehouse.dbt("run")
    warehouse.dbt("test", "--select", "path:models/decisions", "experiment_results")
    return warehouse


def decision_of(warehouse: Warehouse, experiment: str) -> dict:
    [row] = warehouse.query(
        f"select * from experiment_decisions where experiment_id = '{experiment}'"
    )
    return row


@pytest.mark.parametrize(
    ("experiment", "decision", "reason"),
    [
        ("ships", "ship", "clear_signals: every goal won: orders; every guardrail held: signup."),
        ("hurts", "roll back", "clear_signals: breached guardrails: signup."),
        (
            "runs",
            "keep running",
            "clear_signals: the end has not come, and these have not won or held yet: orders.",
        ),
        (
            "uneven",
            "fix tracking",
            "The comparison is wrong. Failed checks: sample_ratio_mismatch.",
        ),
        (
            "harmless",
            "ship",
            "do_no_harm: no goal lost and no guardrail is breached. Goals: orders.",
        ),
        ("early", "keep running", "Nothing is decided before minimum_days have passed."),
        ("short", "review", "It ended before minimum_days had passed."),
        ("week", "ship", "clear_signals: every goal won: orders."),
        (
            "at_risk",
            "review",
            "clear_signals: every goal won: orders; guardrails at risk: signup.",
        ),
        ("no_goal", "keep running", "The registry names no goal to decide by."),
        ("split", "keep running", "Nothing is decided before minimum_days have passed."),
        ("small", "too few users", "do_no_harm: too few users to see harm. Goals: orders."),
        ("unregistered", "keep running", "The registry names no goal to decide by."),
    ],
)
def test_experiments_are_decided(warehouse, experiment, decision, reason):
    row = decision_of(warehouse, experiment)
    assert (row["decision"], row["reason"]) == (decision, reason)
    assert row["decision_rule"] == REGISTRY.get(experiment, {}).get(
        "decision_rule", "clear_signals"
    )


def test_what_was_done_stands_beside_the_decision(warehouse):
    row = decision_of(warehouse, "week")
    assert (row["registered_decision"], row["decided_at"]) == ("blue", dt.datetime(2026, 3, 9))
    assert decision_of(warehouse, "ships")["registered_decision"] is None


MICROSECOND = 1e-6 / 86400


@pytest.mark.parametrize(
    ("experiment", "days_run", "per_day", "users", "is_final"),
    [
        # since the first user, an hour after midnight
        ("ships", 10 - 1 / 24 + MICROSECOND, 600 / (10 - 1 / 24), 600, False),
        # of the last 14 days the first thirteen have users, and the last is not there yet
        ("runs", 20 - 1 / 24 + MICROSECOND, 60, 1200, False),
        ("early", 3 - 1 / 24 + MICROSECOND, 600 / (3 - 1 / 24), 600, False),
        # seven days of the calendar
        ("week", 7, 0, 1400, True),
        ("short", 3, 0, 600, True),
        # users of the last three days, over thirteen
        ("harmless", 20 - 1 / 24 + MICROSECOND, 3 * 60 / 13, 600, True),
    ],
)
def test_progress_is_counted(warehouse, experiment, days_run, per_day, users, is_final):
    row = decision_of(warehouse, experiment)
    assert row["days_run"] == pytest.approx(days_run, rel=1e-12)
    assert row["users_per_day"] == pytest.approx(per_day, rel=1e-12)
    assert row["users"] == users
    assert row["is_final"] == is_final
    last_day = max(WORLD[experiment][0])
    assert row["last_window_ends_at"] == START + (last_day + WINDOW_DAYS) * DAY + ALL_DAY


def needed(experiment: str, effect: float) -> int:
    """Users of both arms by the textbook: d^2 (vT / rT + vC / rC) / (effect mC)^2."""
    days, sizes, ordering, _ = WORLD[experiment]
    arms = []
    for size, share in zip(sizes, ordering, strict=True):
        values = np.repeat([1.0, 0.0], [round(size * share), size - round(size * share)])
        arms.append(np.tile(values, len(days)))
    variance = sum(arm.var(ddof=1) / (len(arm) / sum(map(len, arms))) for arm in arms)
    d = reference.detectable_standard_errors()
    return int(np.ceil(d**2 * variance / (effect * arms[0].mean()) ** 2))


@pytest.mark.parametrize(
    ("experiment", "effect", "days_left"),
    [
        # the metric's own minimum_effect
        ("early", 0.02, lambda users, row: (users - 600) / row["users_per_day"]),
        # decided, so that nobody has to wait
        ("ships", 0.1, lambda users, row: 0),
        ("hurts", 0.02, lambda users, row: 0),
        # more than enough users, and five days until the registered minimum
        ("split", 0.5, lambda users, row: 25 - row["days_run"]),
        ("week", 0.02, lambda users, row: 0),
    ],
)
def test_users_needed_and_days_left(warehouse, experiment, effect, days_left):
    row = decision_of(warehouse, experiment)
    users = needed(experiment, effect)
    assert row["users_needed"] == users
    assert row["progress"] == pytest.approx(min(1, row["users"] / users), rel=1e-12)
    assert row["days_left"] == pytest.approx(days_left(users, row), rel=1e-12)


def test_without_a_goal_or_a_pace_nothing_is_foretold(warehouse):
    row = decision_of(warehouse, "no_goal")
    assert row["users_needed"] is row["progress"] is row["days_left"] is None
    row = decision_of(warehouse, "at_risk")
    assert row["users_needed"] > row["users"]
    assert row["users_per_day"] == 0
    assert row["days_left"] is None


def test_the_scorecard_shows_what_counts_now(warehouse):
    results = warehouse.query("""
        select results.*, experiments.has_reached_end
        from experiment_results as results inner join experiments using (experiment_id)
        where not is_control
    """)
    by_estimator = {
        (row["experiment_id"], row["metric"], row["variant"], row["estimator"]): row
        for row in results
    }
    cards = warehouse.query("select * from experiment_scorecard")
    assert len(cards) * 2 == len(results) > 0
    for card in cards:
        key = (card["experiment_id"], card["metric"], card["variant"])
        cuped = by_estimator[*key, "cuped"]
        is_better = (cuped["variance_reduction"] or 0) > 0
        row = cuped if is_better else by_estimator[*key, "unadjusted"]
        ordinary = row["has_reached_end"]
        assert card["estimator"] == ("cuped" if is_better else "unadjusted")
        assert card["interval_type"] == ("ordinary" if ordinary else "sequential")
        for column, name in {
            "interval_lower": "absolute_lift_lower" if ordinary else "sequential_lower",
            "interval_upper": "absolute_lift_upper" if ordinary else "sequential_upper",
            "relative_interval_lower": "relative_lift_lower"
            if ordinary
            else "sequential_relative_lower",
            "relative_interval_upper": "relative_lift_upper"
            if ordinary
            else "sequential_relative_upper",
            "p_value": "p_value" if ordinary else "sequential_p_value",
            **{name: name for name in ("users", "mean", "verdict", "guardrail_state", "as_of")},
        }.items():
            assert card[column] == row[name], (key, column)
    assert {card["estimator"] for card in cards} == {"unadjusted", "cuped"}
    assert {card["interval_type"] for card in cards} == {"ordinary", "sequential"}
    assert {card["metric"]: (card["label"], card["unit"]) for card in cards} == {
        "orders": ("Bought something", None),
        "signup": ("signup", "percent"),
    }


def test_the_planned_end_changes_the_interval(warehouse):
    """0.2 against 0.6 of 210 users each, and 0.2 of 300 each: by scipy on the users' values."""
    ends = {
        row["experiment_id"]: row["has_reached_end"]
        for row in warehouse.query("select experiment_id, has_reached_end from experiments")
    }
    assert {name for name, ended in ends.items() if ended} == {
        *("harmless", "short", "week", "at_risk", "small")
    }
    treated, control = (np.repeat([1, 0], [105, 105]) for _ in BOTH)
    [card] = warehouse.query("""
        select * from experiment_scorecard where experiment_id = 'at_risk' and metric = 'signup'
    """)
    expected = stats.ttest_ind(treated, 0.99 * control, equal_var=False, alternative="greater")
    assert card["guardrail_p_value"] == pytest.approx(expected.pvalue, rel=1e-9)
    assert card["guardrail_margin"] == 0.01
    assert card["guardrail_state"] == "at risk"


def test_growthbooks_published_numbers(tmp_path):
    """Their factor is of further users, and with the error of the ratio of means.

    500 and 500 users, sums 500 and 525, sums of squares 1500 and 1551.25, target 0.05: it takes
    25.45703125 times as many users more. Ours are 26.4565 / 1.05125 = 25.1667 times those of today,
    because the difference of the means is tested, whose error does not grow with the lift.
    """
    variance = 1000 / 499
    d = reference.detectable_standard_errors()
    theirs = d**2 * (variance + 1.05**2 * variance) / 500 / 0.05**2
    assert theirs == pytest.approx(1 + 25.45703125, abs=1e-3)  # they search by halving
    sql = Warehouse(tmp_path).compile_inline("""
        with found as (
            select {{ segment_experiments.detectable_effect('error', '1.0') }} as detectable
            from cases
        )
        select
            detectable,
            {{ segment_experiments.both_users_to_detect('0.05', 'detectable', '1000') }} as users
        from found
    """)
    with duckdb.connect() as connection:
        error = float(np.sqrt(2 * variance / 500))
        connection.execute(f"create table cases as select {error!r}::double as error")
        [(detectable, users)] = connection.execute(sql).fetchall()
    assert (detectable / 0.05) ** 2 * (1 + 1.05**2) / 2 == pytest.approx(theirs, rel=1e-9)
    assert users == 25167 == np.ceil(1000 * theirs / 1.05125)
