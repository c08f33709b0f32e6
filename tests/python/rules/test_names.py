"""What has one id is one experiment, or one variant, whichever of id and name a message says."""

import datetime as dt

import pytest

from tests.python.harness.mart_differences import assert_same, read_marts
from tests.python.harness.warehouse import Warehouse

AT = dt.datetime(2026, 9, 1, 12)
DAY = dt.timedelta(days=1)
READ_AGAIN = "belong together in another way; all assignment events are read again"


def message(name: str, day: int = 0, user: str | None = None, **fields) -> dict:
    at = AT + day * DAY
    row = {"id": name, "anonymous_id": None, "user_id": user or f"u-{name}"}
    row |= {"original_timestamp": at, "timestamp": at, "received_at": at, "loaded_at": at}
    return row | fields


def vwo(name: str, id: str | None, title: str | None, day: int = 0, **fields) -> dict:
    row = {"experiment_id": id, "experiment_name": title, "variation_name": "Control"}
    return message(name, day, **row | fields)


# What is known by names: user -> (id, name, the experiment it belongs to)
NAMED = {
    # The name came later, and then alone.
    "id-only": ("17", None, "Homepage hero"),
    "with-both": ("17", "Homepage hero", "Homepage hero"),
    "name-only": (None, "Homepage hero", "Homepage hero"),
    # Two experiments of one name are two; a message that says the name only, says no more.
    "copied-1": ("18", "Copied", "18"),
    "copied-2": ("19", "Copied", "19"),
    "copied": (None, "Copied", "Copied"),
    # Renamed while it ran: it keeps its first name.
    "first-name": ("20", "First", "First"),
    "second-name": ("20", "Second", "First"),
    "second-only": (None, "Second", "First"),
    # The registry has the id.
    "listed-id": ("21", "Listed", "21"),
    "listed-name": (None, "Listed", "21"),
    # The registry has the later name.
    "old-name": ("22", "Old", "New"),
    "new-name": ("22", "New", "New"),
    "old-only": (None, "Old", "New"),
    # The registry has the name of two: whoever wrote it means both.
    "merged-1": ("23", "Merged", "Merged"),
    "merged-2": ("24", "Merged", "Merged"),
    # Nothing is known beside it.
    "never-named": ("25", None, "25"),
    "never-with-id": (None, "Nameless", "Nameless"),
}
# The same table read by the usual columns: experiments are shown by their ids.
BY_ID = {
    "plain-both": ("hero", "The hero", "hero"),
    "plain-name": (None, "The hero", "hero"),
}
# experiment "arms": user -> (variation_id, variation_name, the variant it belongs to)
ARMS = {
    "arm-id": (1, None, "short-headline"),
    "arm-both": (1, "short-headline", "short-headline"),
    "arm-name": (None, "short-headline", "short-headline"),
    # The registry lists the id of this one.
    "arm-listed": (2, "long-headline", "2"),
    "arm-listed-name": (None, "long-headline", "2"),
    # Two variants of one name.
    "arm-twin-1": (3, "twin", "3"),
    "arm-twin-2": (4, "twin", "4"),
}


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory) -> Warehouse:
    settings = {
        "exposure_events": [
            {"sender": "vwo", "table": "vwo_viewed"},
            {"table": "experiment_viewed"},
            # One list is one list: the first that is there is the experiment, and nothing else.
            {
                "table": "own_event",
                "experiment_id": ["title", "code"],
                "variant": ["arm", "number"],
            },
            {"table": "own_names", "experiment_id": "code", "experiment_name": "title"},
        ],
        "metrics": [],
        "activity": [],
    }
    warehouse = Warehouse(tmp_path_factory.mktemp("names"), settings)
    warehouse.load(
        "vwo_viewed",
        [vwo(name, id, title, day) for day, (name, (id, title, _)) in enumerate(NAMED.items())],
    )
    warehouse.load(
        "experiment_viewed",
        [
            message(name, experiment_id=id, experiment_name=title, variant="control")
            for name, (id, title, _) in BY_ID.items()
        ]
        + [
            message(name, experiment_id="arms", variation_id=id, variation_name=title)
            for name, (id, title, _) in ARMS.items()
        ]
        # One person, with the index first and the name a week later.
        + [
            message("week-1", user="u-week", experiment_id="arms", variation_id=1),
            message(
                *("week-2", 7, "u-week"),
                **{"experiment_id": "arms", "variation_id": 1, "variation_name": "short-headline"},
            ),
        ],
    )
    own = {"variant": None, "arm": "blue", "number": "1"}
    warehouse.load(
        "own_event",
        [
            message("own-1", code="c1", title=None, **own),
            message("own-2", code="c1", title="Own", **own),
            message("own-3", code="c1", title="Own", **own | {"arm": None}),
        ],
    )
    warehouse.load(
        "own_names",
        [
            message("names-1", code="c2", title=None, variant="blue"),
            message("names-2", code="c2", title="Shown", variant="blue"),
        ],
    )
    warehouse.register([(id, None) for id in ("21", "New", "Merged")], [("arms", "2", 0.5)])
    warehouse.dbt("run", "--select", "+tracking_audit")
    return warehouse


@pytest.fixture(scope="module")
def assignments(warehouse) -> dict[str, dict]:
    rows = warehouse.query("select * from experiment_assignments")
    return {row["user_key"].removeprefix("u-"): row for row in rows}


@pytest.mark.parametrize("user", NAMED | BY_ID)
def test_what_has_one_id_is_one_experiment(assignments, user):
    assert assignments[user]["experiment_id"] == (NAMED | BY_ID)[user][-1]


@pytest.mark.parametrize("user", ARMS)
def test_what_has_one_id_is_one_variant(assignments, user):
    assert assignments[user]["variant"] == ARMS[user][-1]


def test_a_name_that_appears_makes_nobody_a_crossover(assignments):
    week = assignments["week"]
    assert (week["variant"], week["variants_seen"], week["exposures"]) == ("short-headline", 1, 2)


def test_one_list_of_columns_is_read_as_it_is(assignments):
    found = {name: (row["experiment_id"], row["variant"]) for name, row in assignments.items()}
    assert [found[f"own-{number}"] for number in (1, 2, 3)] == [
        *(("c1", "blue"), ("Own", "blue"), ("Own", "1"))
    ]
    assert found["names-1"] == found["names-2"] == ("Shown", "blue")


def test_names_and_ids_that_do_not_fit_are_told(warehouse):
    rows = warehouse.query("""
        select check_name, experiment_id, affected_rows, example from tracking_audit
        where check_name in ('id_with_several_names', 'name_with_several_ids') and affected_rows > 0
        order by all
    """)
    assert [tuple(row.values()) for row in rows] == [
        ("id_with_several_names", "First", 1, "experiment 20: First, Second"),
        ("id_with_several_names", "New", 1, "experiment 22: New, Old"),
        ("name_with_several_ids", "arms", 1, "variant twin: 3, 4"),
        ("name_with_several_ids", None, 1, "experiment Copied: 18, 19, Copied"),
    ]


def test_an_increment_follows_names_that_appear(tmp_path):
    """Old messages mean another experiment and variant as soon as others name them."""
    settings = {
        "exposure_events": [{"sender": "vwo"}],
        "metrics": [{"name": "bought", "type": "conversion", "event": "purchased"}],
        "activity": [],
        "funnels": [],
    }
    (tmp_path / "grown").mkdir()
    (tmp_path / "fresh").mkdir()
    warehouse = Warehouse(tmp_path / "grown", settings)
    arm = {"variation_name": None, "variation_id": "1"}
    rows = [vwo(f"a{n}", "17", None, variation_id="2", **{"variation_name": "b"}) for n in range(3)]
    rows += [vwo(f"b{n}", "17", None, **arm) for n in range(3)] + [vwo("z", "16", "Nav")]
    steps = [
        # Known by ids.
        (rows, "17", None),
        # The experiment gets a name, and then the variant.
        (
            [
                vwo("c", "17", "Hero", 1, **arm),
                vwo("d", "17", "Hero", 2, **arm | {"variation_name": "a"}),
            ],
            *("Hero", READ_AGAIN),
        ),
        # Another experiment, known by both from the beginning, and another name change nothing.
        (
            [
                vwo("e", "18", "Cart", 3),
                vwo("f", None, "Hero", 3, variation_name="a"),
                vwo("g", "17", "Hero again", 4, **arm),
            ],
            *("Hero", None),
        ),
        # A second experiment has the name.
        ([vwo("h", "19", "Hero", 5, **arm)], "Hero again", READ_AGAIN),
    ]
    for number, (_, experiment, reason) in enumerate(steps):
        sent = [row for step, *_ in steps[: number + 1] for row in step]
        warehouse.load("experiment_viewed", sent)
        warehouse.load("purchased", [message("p", 0, "u-b1"), message("q", 0, "u-c")])
        if number == 0:
            warehouse.dbt("seed")
        printed = warehouse.dbt("run")
        assert (READ_AGAIN in printed) == (reason is not None), number
        assert ("computes everything" in printed) == (number == 0), number
        [old] = warehouse.query(
            "select experiment_id from experiment_assignments where user_key = 'u-b1'"
        )
        assert old["experiment_id"] == experiment, number
    fresh = Warehouse(tmp_path / "fresh", settings)
    warehouse.copy_raw_to(fresh.path)
    fresh.dbt("run")
    assert_same(read_marts(warehouse.path), read_marts(fresh.path))
