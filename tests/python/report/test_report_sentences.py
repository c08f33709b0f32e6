"""The sentences of the report: what may and what may not be concluded."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from report.comparison import Comparison, sequential_interval
from report.sentences import TONES, Settings, conclude, no_conclusion
from report.text import amount, interval, level, listed, percent, probability, share
from tests.python.report.report_marts import comparison

SETTINGS = Settings(confidence_level=0.95, power=0.8)


def said(status="concluded", failures=(), comparisons=14, is_increase_good=True, **columns):
    """The conclusion of a comparison with these columns."""
    return conclude(
        Comparison(comparison(**columns), is_increase_good, 0.02, comparisons),
        status,
        list(failures),
        SETTINGS,
    )


def test_a_win_says_how_sure_and_how_large():
    found = said()
    assert (found.label, found.tone) == ("win", "good")
    assert found.finding == (
        "signup_conversion of green is +10.0% against control "
        "(95% interval +6.0% .. +14.0%; p < 0.0001)."
    )
    assert found.may == (
        "That green is better than control in signup_conversion. It also holds after counting all "
        "14 comparisons of the experiment (Holm, p = 0.0002)."
    )
    assert found.may_not == "That the lift is +10.0%: any lift from +6.0% to +14.0% fits the data."


def test_a_win_that_many_comparisons_explain_is_limited():
    assert "does not hold after counting all 14 comparisons" in said(p_value_holm=0.2).may


def test_a_single_comparison_needs_no_correction():
    assert said(comparisons=1).may == "That green is better than control in signup_conversion."


def test_a_loss_is_worse():
    found = said(lift=-0.1, verdict="loss")
    assert (found.label, found.tone) == ("loss", "bad")
    assert "green is worse than control" in found.may


def test_where_a_decrease_is_good_less_is_better():
    found = said(lift=-0.1, verdict="win", is_increase_good=False)
    assert (found.label, found.tone) == ("win", "good")
    assert "green is better than control" in found.may


def test_inconclusive_does_not_say_equal():
    found = said(lift=0.001, verdict="inconclusive", p_value=0.6)
    assert (found.label, found.tone) == ("inconclusive", "open")
    assert "an effect of 2.0% or more" in found.may
    assert "probably (80%) have been found" in found.may
    assert found.may_not == "That there is no effect at all: a smaller one can be there."


def test_not_yet_powered_says_how_many_users_are_missing():
    found = said(lift=0.01, verdict="not yet powered", p_value=0.4, control_users=990)
    assert found.label == "not yet powered"
    assert found.may == "That the effect is probably between -3.0% and +5.0%."
    assert found.may_not == (
        "That the variants are the same. To find an effect of 2.0% it takes about 5,000 users per "
        "variant; there are 990."
    )


def test_a_failed_check_overrules_any_lift_and_is_named():
    for status in ("running", "concluded"):
        found = said(status, ["control 330 users (expected 274)"], verdict="do not trust")
        assert (found.label, found.tone) == ("do not trust", "stop")
        assert "because: control 330 users (expected 274)." in found.finding
        assert found.may_not.startswith("Anything about signup_conversion")
        assert "better" not in found.may


def test_a_running_experiment_is_read_by_its_sequential_interval_only():
    early = said("running", lift=0.05)
    assert (early.label, early.tone) == ("too early", "open")
    assert early.finding == (
        "The experiment is still running: read only the sequential interval, which for green in "
        "signup_conversion is -3.0% .. +13.0% (so far +5.0%); it includes zero."
    )
    assert "although p < 0.0001" in early.may_not
    assert "+1.0%" not in early.finding + early.may + early.may_not


def test_a_running_experiment_may_be_called_when_the_sequential_interval_excludes_zero():
    found = said("running")
    assert (found.label, found.tone) == ("win, at any look", "good")
    assert "excludes zero" in found.finding
    assert "tends to overstate" in found.may_not
    lost = said("running", lift=-0.1, verdict="loss")
    assert (lost.label, lost.tone) == ("loss, at any look", "bad")


def test_a_running_experiment_without_an_interval_says_so():
    found = said("running", sequential_lower=None, sequential_upper=None)
    assert found.label == "too early"
    assert "has no end yet" in found.finding


def test_without_a_relative_lift_there_is_no_result():
    assert said(relative_lift=None, relative_lift_status="control_is_zero").label == "no result"


def test_an_open_interval_gives_no_size():
    found = said(relative_lift_lower=None, relative_lift_upper=None)
    assert "the interval has no end" in found.finding
    assert found.may_not.endswith("how large it is, the data do not say.")


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"status": "planned", "users": 0}, "has not begun"),
        ({"status": "running", "users": 0}, "Nobody has been assigned"),
        ({"status": "running", "users": 9}, "no variant to compare"),
    ],
)
def test_an_experiment_without_comparisons_says_why(facts, words):
    assert words in no_conclusion(facts).finding


@given(
    lift=st.floats(-0.9, 5),
    error=st.floats(0.0001, 2),
    verdict=st.sampled_from(["win", "loss", "inconclusive", "not yet powered", "do not trust"]),
    status=st.sampled_from(["running", "concluded", "planned"]),
    is_increase_good=st.booleans(),
)
def test_a_winner_is_named_only_when_the_interval_to_read_excludes_zero(
    lift, error, verdict, status, is_increase_good
):
    row = comparison(lift, error, verdict=verdict)
    found = conclude(Comparison(row, is_increase_good, 0.02, 3), status, [], SETTINGS)
    assert found.tone in TONES
    assert all([found.may, found.may_not, found.finding])
    if found.tone in ("good", "bad"):
        assert verdict != "do not trust"
        if status == "concluded":
            assert (found.tone == "good") == (verdict == "win")
        else:
            assert (found.tone == "good") == ((lift > 0) == is_increase_good)
            assert row["sequential_lower"] > 0 or row["sequential_upper"] < 0
    if verdict == "do not trust":
        assert found.tone == "stop"


def arms(mean, control, variance, control_variance, critical, wider):
    """A row of two arms of 100 users each."""
    error = ((variance + control_variance) / 100) ** 0.5
    lift = mean - control
    found = fieller(mean, control, variance / 100, control_variance / 100, critical)
    return {
        "mean": mean,
        "control_mean": control,
        "absolute_lift_lower": lift - critical * error,
        "absolute_lift_upper": lift + critical * error,
        "sequential_lower": lift - wider * critical * error,
        "sequential_upper": lift + wider * critical * error,
        "relative_lift_lower": found and found[0],
        "relative_lift_upper": found and found[1],
    }


def fieller(mean, control, variance, control_variance, critical):
    """Fieller's interval of a ratio less one, from the variances of the means; None without end."""
    a = control**2 - critical**2 * control_variance
    d = mean**2 - critical**2 * variance
    root = (mean * control) ** 2 - a * d
    if a <= 0 or root < 0:
        return None
    return (mean * control - root**0.5) / a - 1, (mean * control + root**0.5) / a - 1


@given(
    mean=st.floats(0.5, 20),
    control=st.floats(1, 20),
    variance=st.floats(0.1, 50),
    control_variance=st.floats(0.1, 50),
    wider=st.floats(1.05, 3),
)
def test_the_sequential_interval_is_fiellers_with_the_wider_critical_value(
    mean, control, variance, control_variance, wider
):
    row = arms(mean, control, variance, control_variance, 1.96, wider)
    found = sequential_interval(row)
    expected = fieller(mean, control, variance / 100, control_variance / 100, 1.96 * wider)
    a = control**2 - (1.96 * wider) ** 2 * control_variance / 100
    assume(abs(a) > 1e-3 * control**2)
    assert (found is None) == (expected is None)
    if found:
        assert (found.lower, found.upper) == pytest.approx(expected, rel=1e-6, abs=1e-6)
        assert found.lower <= row["relative_lift_lower"]
        assert found.upper >= row["relative_lift_upper"]
        assume(min(abs(row["sequential_lower"]), abs(row["sequential_upper"])) > 1e-6)
        assert found.excludes_zero == (row["sequential_lower"] > 0 or row["sequential_upper"] < 0)


@pytest.mark.parametrize("column", ["relative_lift_lower", "sequential_upper"])
def test_without_its_columns_there_is_no_sequential_interval(column):
    assert sequential_interval(comparison(**{column: None})) is None


def test_numbers_are_written_as_people_read_them():
    assert [percent(None), percent(1.0779), percent(-0.072), percent(0)] == [
        *("-", "+107.8%", "-7.2%", "+0.0%")
    ]
    assert [share(0.00639), share(0.5), share(0), share(None)] == ["0.64%", "50.0%", "0.0%", "-"]
    assert [interval(0.5, 2), interval(None, 2)] == ["+50.0% .. +200.0%", "unbounded"]
    assert [probability(0.00001), probability(0.1225)] == ["< 0.0001", "0.1225"]
    assert [amount(12345.6), amount(12.345), amount(0.12345)] == ["12,346", "12.35", "0.1235"]
    assert [level(0.95), level(0.999)] == ["95%", "99.9%"]
    assert [listed(["a"]), listed(["a", "b", "c"])] == ["a", "a, b and c"]
