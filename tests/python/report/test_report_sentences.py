"""The sentences of the report: what may and what may not be concluded."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from report.comparison import Comparison
from report.sentences import TONES, Settings, conclude, no_conclusion
from report.text import amount, interval, level, listed, percent, probability, share
from tests.python.report.report_marts import comparison

SETTINGS = Settings(confidence_level=0.95, power=0.8)


def said(status="concluded", failures=(), comparisons=14, **columns):
    """The conclusion of a comparison with these columns."""
    return conclude(
        Comparison(comparison(**columns), 0.02, comparisons),
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
    found = said(lift=-0.1, verdict="win")
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
    early = said("running", lift=0.05, verdict="not yet powered")
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
    found = said("running", sequential_relative_lower=None, sequential_relative_upper=None)
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
)
def test_the_mart_decides_who_is_named_a_winner(lift, error, verdict, status):
    row = comparison(lift, error, verdict=verdict, verdict_at_end="win")
    found = conclude(Comparison(row, 0.02, 3), status, [], SETTINGS)
    assert found.tone in TONES
    assert all([found.may, found.may_not, found.finding])
    assert (found.tone == "good") == (verdict == "win")
    assert (found.tone == "bad") == (verdict == "loss")
    assert (found.tone == "stop") == (verdict == "do not trust")


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
