"""Runs that die, runs of a part of the models, and what happens before the next whole run.

Each test starts from the same warehouse (fault_days.py). After the next run the marts have to equal
those of a full refresh of the same raw data in a new database.
"""

from __future__ import annotations

import re
import signal
import subprocess

import pytest

from tests.python.faults.fault_days import RUN, Day
from tests.python.harness.dbt_process import KilledError
from tests.python.worlds.arrival_plans import BASE, ORDERS, REVENUE, Plan, Step
from tests.python.worlds.arrival_worlds import exposure, numbered, order
from tests.python.worlds.arrivals import load_rows

OTHER = {"multiple_variant_policy": "last", "identity_resolution": "last"}
REGISTERED = "update analytics_staging.registry_experiments set"
MORE = """
    insert into segment.{table}
    select * replace (
        '{sign}' || id as id,
        {replaced},
        timestamp '{loaded}' as uuid_ts,
        timestamp '{loaded}' as loaded_at
    )
    from segment.{table}
    where anonymous_id like 'w2%'
"""


def more_orders(day: Day, sign: str = "x", revenue: int = 77, loaded: str = "2026-05-29") -> None:
    """Load further orders of the same users."""
    replaced = f"{revenue} as revenue"
    day.change(MORE.format(table="order_completed", sign=sign, replaced=replaced, loaded=loaded))


def kill_after(process: subprocess.Popen[str], models: int) -> None:
    """Kill dbt as `kill -9` does, when it has built a number of models."""
    built = 0
    for line in process.stdout:
        built += " OK created " in line
        if built == models:
            process.send_signal(signal.SIGKILL)
            break
    process.communicate()
    assert process.returncode == -signal.SIGKILL


def killed_run(day: Day, models: int, **settings: object) -> None:
    """A run that dies when it has built a number of models."""
    with pytest.raises(KilledError):
        day.rivals.run(day.warehouse, {**BASE, **settings}, kill_after=models)


def notes(day: Day) -> set[str]:
    """What is noted of runs that have not finished."""
    rows = day.warehouse.query("""
        select distinct kind from analytics_staging.int_processed_arrivals
        where kind in ('begun', 'overlap')
    """)
    return {row["kind"] for row in rows}


# ------------------------------------------------------------------------------ what has been read


def test_killed_again_and_again(day):
    """Three runs die, early and late, and data arrive in between; the fourth makes all right.

    What they have read is still there: it only adds, and removes the notes.
    """
    day.data_arrive()
    # The command line itself, by `kill -9`.
    kill_after(day.warehouse.start_dbt(*RUN, settings=BASE), 12)
    assert notes(day) == {"begun"}
    more_orders(day)
    killed_run(day, 55)
    # Of people who are new, and loaded late.
    late = numbered([exposure(0, 1, None, "m"), order(0, 2, None, "m")])
    load_rows(day.warehouse, Plan((Step(BASE),)), 0, {"w5": late})
    # What is built after the twentieth model is that of the run before.
    killed_run(day, 20)
    assert notes(day) == {"begun"}
    day.assert_healed()
    day.assert_added()
    assert notes(day) == set()


def test_killed_in_the_first_run_ever(day):
    """What the very first run left behind is not taken for the whole past."""
    day.execute("drop schema analytics cascade", "drop schema analytics_staging cascade")
    day.data_arrive()
    more_orders(day)
    killed_run(day, 12)
    day.assert_healed()
    assert day.reason == "no run has been finished yet"


def test_an_experiment_goes_while_a_run_dies(day):
    """Of an experiment without any message left, nothing stays; also when it comes again."""
    day.change(
        "insert into segment.experiment_viewed by name select 'only' as id, 'lonely' as user_id, "
        "'alone' as experiment_id, 'b' as variant, max(received_at) as received_at, "
        "max(received_at) as timestamp, max(received_at) as original_timestamp, "
        "max(uuid_ts) as uuid_ts, max(loaded_at) as loaded_at from segment.experiment_viewed",
        "create table segment.aside as from segment.experiment_viewed where user_id = 'lonely'",
    )
    day.run()
    day.change("delete from segment.experiment_viewed where user_id = 'lonely'")
    killed_run(day, 44)
    day.assert_healed()
    day.change("insert into segment.experiment_viewed by name from segment.aside")
    day.assert_healed()


def test_a_table_in_between_is_left_out(day):
    """Runs with `--exclude` of what the kept tables are made from are no whole runs."""
    day.data_arrive()
    more_orders(day)
    for left_out in ("int_experiment_times", "int_user_events", "int_user_spans"):
        error = day.rivals.run(day.warehouse, BASE, "--exclude", left_out)
        assert error is None, error
    day.assert_healed()
    day.assert_added()


def test_loads_are_rolled_back_before_the_next_run(day):
    """Rows that unfinished runs have read are gone, and later ones of the same users arrive."""
    more_orders(day, revenue=100)
    day.run_part("+stg_segment__metric_events")
    day.change(
        MORE.format(
            table="experiment_viewed", sign="x", replaced="'c' as variant", loaded="2026-05-29"
        )
    )
    killed_run(day, 40)
    day.change(
        "delete from segment.order_completed where id like 'x%'",
        "delete from segment.experiment_viewed where id like 'x%'",
    )
    day.assert_healed()
    day.assert_added()
    more_orders(day, sign="y", revenue=1, loaded="2026-05-30")
    day.assert_healed()
    day.assert_added()


def test_a_list_is_changed_back_after_a_killed_run(day):
    """People were half removed when the run died, and are not to be removed any more."""
    day.warehouse.suppress({"user_id": "w2-u8"}, {"anonymous_id": "w3-d"})
    assigned = "select count(*) as n from experiment_assignments where user_key like '%w2-u8'"
    assert day.warehouse.query(assigned) == [{"n": 1}]
    killed_run(day, 55)
    # Otherwise there would be nothing to bring back.
    assert day.warehouse.query(assigned) == [{"n": 0}]
    day.warehouse.suppress({"user_id": "w2-u4"})
    day.assert_healed()
    day.assert_added()


# ------------------------------------------------------- a reason that is gone before the next run


def test_reasons_that_are_gone_after_a_killed_run(day):
    """Settings are tried, dates entered and a table swapped; the run dies, and all is as before."""
    day.change(f"{REGISTERED} started_at = '2026-03-05' where experiment_id = 'w2-colour'")
    day.execute("alter table segment.order_completed rename to swapped")
    killed_run(day, 40, **OTHER)
    assert notes(day) == {"overlap"}
    day.execute("alter table segment.swapped rename to order_completed")
    day.change(f"{REGISTERED} started_at = null where experiment_id = 'w2-colour'")
    day.assert_healed()
    assert day.reason == "a run did not finish, or two ran at a time"
    assert notes(day) == set()


def test_other_settings_in_a_part_with_its_parents(day):
    """A part is run with other settings, from the first model on; then everything as before."""
    day.run_part("+experiment_assignments", **OTHER)
    assert notes(day) == {"overlap"}
    day.assert_healed()


def test_a_model_fails_in_the_middle(day):
    """A setting that is wrong in SQL stops some models, and others run; then it is corrected."""
    day.data_arrive()
    more_orders(day)
    wrong = [ORDERS, {**REVENUE, "where": "no_such_function(revenue) = 1"}]
    assert day.rivals.run(day.warehouse, {**BASE, "metrics": wrong}) is not None
    day.assert_healed()


def test_a_run_says_why_it_computes_everything(day):
    """One line of the log, with every reason once."""
    day.change("delete from segment.experiment_viewed where user_id like 'w2-u_'")
    day.execute("drop table segment.aliases", "drop table analytics_staging.int_identity_pairs")
    settings = {**BASE, "multiple_variant_policy": "last"}
    printed = day.warehouse.dbt("run", settings=settings)
    told = re.findall(r"this run computes everything, because (.*)\.$", printed, re.MULTILINE)
    assert [line.split("; ") for line in told] == [
        [
            "a setting is new or another",
            "a table of this project is missing, or was left out before: int_identity_pairs",
        ]
    ]
