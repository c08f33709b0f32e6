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


def kill_after(process: subprocess.Popen[str], models: int | str) -> None:
    """Kill dbt as `kill -9` does, when it has built a number of models, or a certain one."""
    built = 0
    for line in process.stdout:
        built += " OK created " in line
        if built == models or (" OK created " in line and f".{models} " in line):
            process.send_signal(signal.SIGKILL)
            break
    process.communicate()
    assert process.returncode == -signal.SIGKILL


def test_killed_twice_in_a_row(day):
    """`kill -9` early in one run and late in the next; the third run makes everything right."""
    day.data_arrive()
    for models in (6, 20):
        kill_after(day.warehouse.start_dbt(*RUN, settings=BASE), models)
    day.assert_healed()
    day.assert_added()


def test_killed_in_the_first_run_ever(day):
    """`kill -9` in the very first run: what it left behind is not taken for the whole past."""
    day.execute("drop schema analytics cascade", "drop schema analytics_staging cascade")
    day.data_arrive()
    kill_after(day.warehouse.start_dbt(*RUN, settings=BASE), 12)
    day.assert_healed()


def test_killed_before_more_data_arrive(day):
    """`kill -9`, and the next run comes a day later, with further data and late ones."""
    day.data_arrive()
    kill_after(day.warehouse.start_dbt(*RUN, settings=BASE), 12)
    late = numbered([exposure(0, 1, None, "m"), order(0, 2, None, "m")])
    load_rows(day.warehouse, Plan((Step(BASE),)), 0, {"w5": late})
    day.assert_healed()
    day.assert_added()


def test_a_model_fails_in_the_middle(day):
    """A setting that is wrong in SQL stops some models, and others run; then it is corrected."""
    day.data_arrive()
    wrong = [ORDERS, {**REVENUE, "where": "no_such_function(revenue) = 1"}]
    assert day.rivals.run(day.warehouse, {**BASE, "metrics": wrong}) is not None
    day.assert_healed()


def test_a_list_is_changed_back_after_a_killed_run(day):
    """Somebody was half removed when the run died, and is not to be removed any more."""
    day.warehouse.suppress({"user_id": "w2-u8"}, {"anonymous_id": "w3-d"})
    kill_after(day.warehouse.start_dbt(*RUN, settings=BASE), "experiment_assignments")
    day.warehouse.suppress({"user_id": "w2-u4"})
    day.assert_healed()


# ------------------------------------------------------- a reason that is gone before the next run


def killed_run(day: Day, models: int, **settings: object) -> None:
    """A run that dies when it has built a number of models."""
    with pytest.raises(KilledError):
        day.rivals.run(day.warehouse, {**BASE, **settings}, kill_after=models)


def run_part(day: Day, selected: str, **settings: object) -> None:
    """A run of a part of the models."""
    error = day.rivals.run(day.warehouse, {**BASE, **settings}, "--select", selected)
    assert error is None, error


OTHER = {"multiple_variant_policy": "last", "identity_resolution": "last"}


@pytest.mark.parametrize("models", [30, 45])
def test_other_settings_in_a_killed_run(day, models):
    """Somebody tries settings, the run dies, and they are set back."""
    killed_run(day, models, **OTHER)
    day.assert_healed()


def test_other_settings_in_a_part_with_its_parents(day):
    """A part is run with other settings, from the first model on; then everything as before."""
    run_part(day, "+experiment_assignments", **OTHER)
    day.assert_healed()


def test_a_registry_is_changed_back_after_a_killed_run(day):
    """Dates that leave out most users are entered, the run dies, and they are taken back."""
    variants = [("w2-colour", "b", 0.5), ("w2-colour", "c", 0.5)]
    day.warehouse.register([("w2-colour", "b", None, None, "orders")], variants)
    day.run()
    day.warehouse.register([("w2-colour", "b", "2026-03-05", "2026-03-08", "orders")], variants)
    killed_run(day, 40)
    day.warehouse.register([("w2-colour", "b", None, None, "orders")], variants)
    day.assert_healed()


def test_a_table_comes_back_after_a_killed_run(day):
    """A loader swaps a table; a run in the meantime dies, and the same rows are back."""
    day.execute("alter table segment.order_completed rename to swapped")
    killed_run(day, 40)
    day.execute("alter table segment.swapped rename to order_completed")
    day.assert_healed()


MORE_ORDERS = """
    insert into segment.order_completed
    select * replace (
        '{sign}' || id as id,
        {revenue} as revenue,
        timestamp '{loaded}' as uuid_ts,
        timestamp '{loaded}' as loaded_at
    )
    from segment.order_completed
    where anonymous_id like 'w2%'
"""


@pytest.mark.parametrize("part", [False, True], ids=["killed", "a part"])
def test_a_load_is_rolled_back_before_the_next_run(day, part):
    """Rows that an unfinished run has read are gone, and later ones of the same users arrive."""
    day.execute(MORE_ORDERS.format(sign="x", revenue=100, loaded="2026-05-29"))
    if part:
        run_part(day, "+stg_segment__metric_events")
    else:
        killed_run(day, 40)
    day.execute("delete from segment.order_completed where id like 'x%'")
    day.assert_healed()
    day.execute(MORE_ORDERS.format(sign="y", revenue=1, loaded="2026-05-30"))
    day.assert_healed()
    day.assert_added()


@pytest.mark.parametrize("left_out", ["int_changed_users", "int_user_events"])
def test_a_table_in_between_is_left_out(day, left_out):
    """A run with `--exclude` of what the kept tables are made from is not a whole run."""
    day.data_arrive()
    day.execute(MORE_ORDERS.format(sign="x", revenue=77, loaded="2026-05-29"))
    day.warehouse.dbt(*RUN, left_out, settings=BASE)
    day.assert_healed()


def notes(day: Day) -> set[str]:
    """What is noted of runs that have not finished."""
    rows = day.warehouse.query("""
        select distinct kind from analytics_staging.int_processed_arrivals
        where kind in ('begun', 'overlap')
    """)
    return {row["kind"] for row in rows}


def test_an_unfinished_run_costs_no_full_refresh(day):
    """What a killed run has read is still there: the next run only adds, and removes the notes."""
    day.execute(MORE_ORDERS.format(sign="x", revenue=77, loaded="2026-05-29"))
    killed_run(day, 40)
    assert notes(day) == {"begun"}
    day.assert_healed()
    day.assert_added()
    assert notes(day) == set()


@pytest.mark.parametrize(
    ("statement", "settings", "reasons"),
    [
        ("select 1", {}, []),
        (MORE_ORDERS.format(sign="x", revenue=77, loaded="2026-05-29"), {}, []),
        ("select 1", {"multiple_variant_policy": "last"}, ["a setting is new or another"]),
        (
            "delete from segment.order_completed where anonymous_id like 'w2-d_'",
            {},
            ["rows went away or are others: order_completed"],
        ),
        (
            "drop table segment.aliases",
            {},
            ["a table is gone: aliases", "rows went away or are others: aliases"],
        ),
        (
            "alter table segment.order_completed drop column revenue",
            {},
            ["a column is gone or has another type: order_completed.revenue: DOUBLE"],
        ),
        (
            "drop table analytics_staging.int_user_metric_states",
            {},
            ["a table of this project is missing: int_user_metric_states"],
        ),
        (
            "update analytics_staging.registry_experiments set started_at = timestamp '2026-03-03'",
            {},
            ["experiments or their dates changed in the registry"],
        ),
    ],
    ids=["nothing", "new rows", "setting", "rows", "table", "column", "own table", "registry"],
)
def test_a_run_says_why_it_computes_everything(day, statement, settings, reasons):
    """One line of the log, with every reason once, and none in a run that only adds."""
    day.execute(statement)
    printed = day.warehouse.dbt("run", "--select", "int_arrivals", settings={**BASE, **settings})
    told = re.findall(r"this run computes everything, because (.*)\.$", printed, re.MULTILINE)
    assert [line.split("; ") for line in told] == ([reasons] if reasons else [])
