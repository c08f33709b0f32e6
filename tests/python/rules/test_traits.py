"""Experiment traits of identify calls: columns become rows, and rows assignments."""

import csv
import datetime as dt

import pytest

from tests.python.harness.needed import real_data
from tests.python.harness.warehouse import Warehouse

AT = dt.datetime(2026, 3, 1)


def message(name: str, days: int, **fields) -> dict:
    at = AT + dt.timedelta(days=days)
    return {"id": name, "anonymous_id": None, "timestamp": at, "received_at": at, **fields}


def exposure(name: str, experiment: str, user: str, variant: str) -> dict:
    return message(name, 0, user_id=user, experiment_id=experiment, variant=variant)


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory) -> Warehouse:
    warehouse = Warehouse(
        tmp_path_factory.mktemp("traits"), {"assignments_from_traits": True, "metrics": []}
    )
    many = {f"experiments_experiment_{number}": "control" for number in range(300)}
    warehouse.load(
        "experiment_viewed",
        [
            exposure("e1", "hero-test", "u1", "control"),
            exposure("e2", "hero-test", "u2", "control"),
            exposure("e3", "test.a", "u1", "control"),
            exposure("e4", "test-a", "u1", "control"),
            exposure("e5", "experiment-7", "u1", "control"),
        ],
    )
    warehouse.load(
        "identifies",
        [
            message("i1", 0, user_id="u1", experiments_hero_test="blue"),
            message("i2", 1, user_id="u1", experiments_hero_test="control"),
            message("i2", 9, user_id="u1", experiments_hero_test="control"),
            message("i3", 1, user_id="u2", experiments_hero_test="blue"),
            message("i4", 2, user_id="u3", experiments_hero_test="blue"),
            message("i5", 3, user_id="u4", experiments_test_a="blue"),
            message("i6", 4, user_id="u5", **many),
        ],
    )
    warehouse.dbt("seed")
    return warehouse


def test_a_new_column_needs_no_edit(warehouse):
    warehouse.dbt("run")
    before = warehouse.query(
        "select count(*) as n from analytics_staging.stg_segment__experiment_traits"
    )
    warehouse.execute("alter table segment.identifies add column experiments_new_one bigint")
    warehouse.execute("update segment.identifies set experiments_new_one = 1 where id = 'i4'")
    warehouse.dbt("run")
    after = warehouse.query(
        "select count(*) as n from analytics_staging.stg_segment__experiment_traits"
    )
    # 300 columns of one identify, four identifies of hero-test delivered once each, one of test_a
    assert (before, after) == ([{"n": 300 + 4 + 1}], [{"n": 300 + 4 + 1 + 1}])


def test_traits_are_mapped_kept_or_ambiguous(warehouse):
    assert warehouse.query("""
        select trait, experiment_id, variant, mapping_status
        from analytics_staging.stg_segment__experiment_traits
        where trait not like 'experiments_experiment_%' and message_id <> 'i1'
        order by message_id, trait
    """) == [
        {"trait": trait, "experiment_id": experiment, "variant": variant, "mapping_status": status}
        for trait, experiment, variant, status in [
            ("experiments_hero_test", "hero-test", "control", "mapped"),
            ("experiments_hero_test", "hero-test", "blue", "mapped"),
            ("experiments_hero_test", "hero-test", "blue", "mapped"),
            ("experiments_new_one", None, "1", "unknown"),
            ("experiments_test_a", None, "blue", "ambiguous"),
        ]
    ]
    audit = {
        row["check_name"]: row["affected_rows"]
        for row in warehouse.query("select * from tracking_audit where experiment_id is null")
    }
    assert audit["trait_of_unknown_experiment"] == 299 + 1
    assert audit["trait_of_several_experiments"] == 1


def test_users_known_by_trait_only_are_assigned_and_marked(warehouse):
    assert warehouse.query("""
        select user_key, variant, assignment_source, assigned_at, trait_variant,
            is_trait_consistent, exposures
        from experiment_assignments where experiment_id = 'hero-test' order by user_key
    """) == [
        dict(
            zip(
                (
                    *("user_key", "variant", "assignment_source", "assigned_at"),
                    *("trait_variant", "is_trait_consistent", "exposures"),
                ),
                values,
                strict=True,
            )
        )
        for values in [
            ("u1", "control", "track", AT, "control", True, 1),
            ("u2", "control", "track", AT, "blue", False, 1),
            ("u3", "blue", "trait", AT + dt.timedelta(days=2), "blue", True, 0),
        ]
    ]


def test_they_are_no_assignments_by_default(warehouse):
    warehouse.dbt(
        *("run", "--select", "experiment_assignments"),
        settings={"assignments_from_traits": False},
    )
    rows = warehouse.query("select distinct assignment_source from experiment_assignments")
    assert rows == [{"assignment_source": "track"}]


def test_column_names_are_segments(warehouse):
    with real_data("segment_column_names.csv").open() as file:
        vectors = [
            (row["input"], row["expected_output"])
            for row in csv.DictReader(file)
            if row["kind"] in ("name", "event_table")
            and row["implementation"] in ("segment", "segment-derived")
        ]
    assert len(vectors) > 80
    literals = ", ".join("'" + name.replace("'", "''") + "'" for name, _ in vectors)
    sql = warehouse.compile_inline(
        "select name, {{ segment_experiments.column_slug('name') }} as slug from names"
    )
    rows = warehouse.query(f"with names as (select unnest([{literals}]) as name) {sql}")
    slugs = {row["name"]: row["slug"] for row in rows}
    assert slugs == dict(vectors)


# The trait as one text -> the variants that it says, by experiment; none where it cannot be read.
OBJECTS = {
    '{"hero-test": "blue"}': {"hero_test": "blue"},
    '\n{ "hero-test" :"red" , "experiment-7":1,"new-one": true, "old-one": null}\t': {
        **{"hero_test": "red", "experiment_7": "1", "new_one": "true"},
    },
    r'{"hero-test": "caf\u00e9 \"two\", {x}: [y] \\", "experiment-7": " -1.5 "}': {
        **{"hero_test": 'café "two", {x}: [y] \\', "experiment_7": "-1.5"},
    },
    '{"hero-test": "größe"}': {"hero_test": "größe"},
    "{}": {},
    "null": {},
    " ": {},
    "control": None,
    '["hero-test"]': None,
    '{"hero-test": {"variant": "blue"}}': None,
    '{"hero-test": "blu': None,
    '{"hero-test" "blue"}': None,
    '{"hero-test": "blue",}': None,
    r'{"hero-test": "\ud800"}': None,
    r'{"hero-test": "\u0000"}': None,
    r'{"hero-test": "\x"}': None,
    '{"hero-test": 1e999}': None,
    '{"hero-test": 01}': None,
    r'"{\"hero-test\": \"blue\"}"': None,
}
SAID = """
    select user_id, replace(trait, 'experiments_', '') as slug, variant, mapping_status
    from analytics_staging.stg_segment__experiment_traits
"""


def test_a_trait_that_is_one_text_is_read(tmp_path):
    """A sender or a loading tool keeps the object as JSON instead of a column per experiment."""
    warehouse = Warehouse(tmp_path, {"metrics": [], "activity": []})
    warehouse.load("experiment_viewed", [exposure("e1", "hero-test", "u1", "blue")])
    users = {f"u{number}": said for number, said in enumerate(OBJECTS.values())}
    rows = [
        message(f"i{number}", number, user_id=f"u{number}", experiments=text)
        for number, text in enumerate(OBJECTS)
    ]
    # The same in a column of its own, and a copy of the message.
    rows[0]["experiments_hero_test"] = "blue"
    warehouse.load("identifies", [*rows, rows[0] | {"received_at": AT + dt.timedelta(days=30)}])
    warehouse.dbt("seed")
    warehouse.dbt("run", "--select", "+tracking_audit")
    found: dict[str, dict] = {user: {} for user in users}
    unreadable = []
    for row in warehouse.query(SAID):
        assert (row["slug"] == "hero_test") == (row["mapping_status"] == "mapped")
        if row["mapping_status"] == "unreadable":
            unreadable.append(row["user_id"])
        else:
            assert row["slug"] not in found[row["user_id"]]
            found[row["user_id"]][row["slug"]] = row["variant"]
    assert found == {user: said or {} for user, said in users.items()}
    assert sorted(unreadable) == sorted(user for user, said in users.items() if said is None)
    [audit] = warehouse.query(
        "select affected_rows, example from tracking_audit where check_name = 'trait_not_readable'"
    )
    assert audit == {"affected_rows": len(unreadable), "example": "experiments"}


@pytest.mark.parametrize(
    "value",
    [
        """cast('{"hero-test": "blue", "old": null}' as json)""",
        """{'hero_test': 'blue', 'old': null}""",
        """map {'hero-test': 'blue', 'old': null}""",
    ],
)
def test_a_trait_that_is_one_object_is_read(tmp_path, value):
    warehouse = Warehouse(tmp_path, {"metrics": [], "activity": []})
    warehouse.load("experiment_viewed", [exposure("e1", "hero-test", "u1", "blue")])
    warehouse.load("identifies", [message("i1", 0, user_id="u1"), message("i2", 0, user_id="u2")])
    warehouse.execute(
        f"create or replace table segment.identifies as select *, "
        f"case when id = 'i1' then {value} end as experiments from segment.identifies",
        "create schema analytics",
    )
    warehouse.dbt("seed")
    warehouse.dbt("run", "--select", "+stg_segment__experiment_traits")
    assert warehouse.query(SAID) == [
        {"user_id": "u1", "slug": "hero_test", "variant": "blue", "mapping_status": "mapped"}
    ]
