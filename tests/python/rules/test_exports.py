"""What leaves the warehouse: within the tools' documented limits, complete, and nobody else's.

The limits are JSON schemas in tests/schemas. The rows of the demo and of a world of everything that
a tool can refuse are held against them, and against a second account of the rules in Python.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend

from tests.python.harness.demo import built_demo
from tests.python.harness.warehouse import PROJECT, Warehouse

START = datetime(2026, 3, 1)
OBJECTS = {
    "export_amplitude_user_properties": ("user_id", "user_properties"),
    "export_customerio_people": ("id", "attributes"),
    "export_intercom_contacts": ("external_id", "custom_attributes"),
    "export_segment_traits": ("user_id", "experiments"),
}
EXPORTS = ["export_amplitude_cohorts", "export_amplitude_events", *OBJECTS]


# ------------------------------------------------------------------------------------ the limits


def max_bytes(_: Any, limit: int, value: Any, __: Any) -> Iterator[ValidationError]:
    """A keyword of JSON schema: length in UTF-8."""
    if isinstance(value, str) and len(value.encode()) > limit:
        yield ValidationError(f"{value!r} has more than {limit} bytes")


def max_json_bytes(_: Any, limit: int, value: Any, __: Any) -> Iterator[ValidationError]:
    """A keyword of JSON schema: length of a value as JSON."""
    if len(json.dumps(value, ensure_ascii=False).encode()) > limit:
        yield ValidationError(f"more than {limit} bytes")


Validator = extend(Draft202012Validator, {"maxBytes": max_bytes, "maxJsonBytes": max_json_bytes})


def validator(export: str) -> Any:
    """The schema of an export's rows."""
    return Validator(json.loads((PROJECT / "tests" / "schemas" / f"{export}.json").read_text()))


def payloads(warehouse: Warehouse, export: str) -> list[dict[str, Any]]:
    """What a tool is sent: rows with their JSON parsed; of cohorts, each with its users."""
    rows = warehouse.query(f"from {export}")
    if export == "export_amplitude_cohorts":
        cohorts = defaultdict(list)
        for row in rows:
            cohorts[row["cohort_name"]].append(row["user_id"])
        return [
            {"name": name, "id_type": "BY_USER_ID", "ids": ids} for name, ids in cohorts.items()
        ]
    columns = ["event_properties", *(column for _, column in OBJECTS.values())]
    return [
        {
            name: json.loads(value) if name in columns else value
            for name, value in row.items()
            if not isinstance(value, datetime)
        }
        for row in rows
    ]


def assert_accepted(warehouse: Warehouse) -> None:
    """Every tool takes every row, and no key is there twice."""
    for export in EXPORTS:
        check = validator(export)
        sent = payloads(warehouse, export)
        assert sent, export
        for payload in sent:
            check.validate(payload)
        key = {"export_amplitude_cohorts": "name", "export_amplitude_events": "insert_id"}
        key |= {name: id_column for name, (id_column, _) in OBJECTS.items()}
        assert max(Counter(payload[key[export]] for payload in sent).values()) == 1, export
    contacts = payloads(warehouse, "export_intercom_contacts")
    assert len({name for contact in contacts for name in contact["custom_attributes"]}) <= 250


@pytest.mark.parametrize(
    ("export", "payload"),
    [
        ("export_amplitude_cohorts", {"name": "x", "id_type": "BY_USER_ID", "ids": ["four"]}),
        ("export_amplitude_user_properties", {"user_id": "user1", "user_properties": {"a": 1}}),
        ("export_customerio_people", {"id": "u", "attributes": {"é" * 76: "b"}}),
        ("export_customerio_people", {"id": "u", "attributes": {"a": "é" * 501}}),
        (
            "export_customerio_people",
            {"id": "u", "attributes": {str(number): "" for number in range(301)}},
        ),
        ("export_intercom_contacts", {"external_id": "u", "custom_attributes": {"a.b": "c"}}),
        ("export_intercom_contacts", {"external_id": "u", "custom_attributes": {"a$": "c"}}),
        ("export_intercom_contacts", {"external_id": "u", "custom_attributes": {"a": "c" * 256}}),
        ("export_segment_traits", {"user_id": None, "experiments": {"a": "b"}}),
        ("export_segment_traits", {"user_id": "u", "experiments": {"a": "b" * 33000}}),
    ],
)
def test_the_schemas_refuse_what_the_tools_refuse(export, payload):
    assert not validator(export).is_valid(payload)


# ------------------------------------------------------------------------------------ worlds


@dataclass(frozen=True)
class Assignment:
    """A row of experiment_assignments."""

    experiment: str
    user: str | None
    variant: str = "b"
    exclusion: str | None = None
    is_crossover: bool = False
    day: float = 1
    identified: float | None = None


# Experiments by their status; the latest of a status first, so that this is the order of export.
EXPERIMENTS = {
    "running": [
        "plain-test",
        *(f"many-{number}" for number in range(310)),
        "dotted.name.$100",
        "same-name",
        "same.name",
        "名前",
        'quote"back\\slash\nline\ttab\x01',
        "long-" + "x" * 180,
        "longer-" + "x" * 1100,
    ],
    "concluded": ["old-test", *(f"older-{number}" for number in range(10))],
}
RANKED = [name for names in EXPERIMENTS.values() for name in names]
NAMES = ["four", "fiver", "üüüü", "1234567890", 'it\'s "quoted" \\ \n\x02', "é" * 80, "x" * 1100]
VARIANTS = ["b", 'a "quoted" \\ \n\t\x1f variant', "🙂" * 70, "v" * 999, "w" * 1010, "z" * 1500]


def nasty_world() -> list[Assignment]:
    """Everything that a tool can refuse, one thing at a time and together."""
    world = [Assignment("plain-test", user) for user in NAMES]
    world += [Assignment(name, "everything") for name in RANKED]
    world += [
        Assignment("plain-test", f"variant-{number}", variant)
        for number, variant in enumerate(VARIANTS)
    ]
    world += [Assignment(f"many-{number}", "heavy-user", "h" * 250) for number in range(200)]
    world += [
        Assignment("plain-test", None),
        Assignment("plain-test", "both-variants", exclusion="crossover", is_crossover=True),
        Assignment("old-test", "both-variants", is_crossover=True),
        Assignment("plain-test", "testers", exclusion="outside_dates"),
        Assignment("old-test", "came-late", day=2, identified=9),
        Assignment("older-3", "only-old", day=3),
        Assignment("plain-test", "came-late", day=4, identified=9),
    ]
    return world


def insert(warehouse: Warehouse, world: list[Assignment], ended: float = 20) -> None:
    """Put assignments and experiments where the exports read them."""
    at = lambda day: None if day is None else START + timedelta(days=day)  # noqa: E731
    tables = {
        "experiment_assignments": [
            {
                "experiment_id": one.experiment,
                "user_key": one.user or f"anonymous {number}",
                "user_id": one.user,
                "variant": one.variant,
                "exclusion_reason": one.exclusion,
                "is_crossover": one.is_crossover,
                "assigned_at": at(one.day),
                "first_identified_at": at(one.identified),
            }
            for number, one in enumerate(world)
        ],
        "experiments": [
            {
                "experiment_id": name,
                "status": status,
                "started_at": at(-place / 100),
                "ended_at": at(ended) if status == "concluded" else None,
                "first_assigned_at": at(1),
            }
            for status, names in EXPERIMENTS.items()
            for place, name in enumerate(names)
        ],
    }
    for name, rows in tables.items():
        warehouse.execute(f"delete from analytics.{name}")
        warehouse.load("given", pa.Table.from_pylist(rows), schema="given")
        warehouse.execute(f"insert into analytics.{name} by name from given.given")


def slug(name: str) -> str:
    """The name of a column, by Segment's rule."""
    return "_".join(re.findall(r"[A-Z0-9]+[a-z0-9]*|[a-z0-9]+", name)).lower()


def expected(
    export: str, world: list[Assignment], *, concluded: bool = True, most: int | None = None
) -> tuple[dict[str, dict[str, str]], Counter]:
    """What an export has for each user, and how many assignments it leaves out for which reason.

    Args:
        export: its name.
        world: all assignments.
        concluded: whether experiments that are over are exported.
        most: the setting `export_max_attributes`.
    """
    lengths = {"amplitude": (5, 1024, 1024, 1024), "customerio": (1, 150, 150, 1000)}
    lengths |= {"intercom": (1, 255, 190, 255), "segment": (1, 191, 1024, 1024)}
    shortest, longest, name_bytes, value_bytes = lengths[export.split("_")[1]]
    slugs = Counter(slug(name) for name in RANKED)
    left: dict[str, dict[str, str]] = defaultdict(dict)
    reasons: Counter = Counter()
    sizes: Counter = Counter()
    names_used: list[str] = []
    for one in sorted(world, key=lambda one: RANKED.index(one.experiment)):
        if one.user is None or one.is_crossover or one.exclusion:
            continue
        names = {"amplitude": f"Experiment: {one.experiment}", "segment": one.experiment}
        name = names.get(export.split("_")[1], f"experiments_{slug(one.experiment)}")
        if export == "export_amplitude_cohorts":
            name, name_bytes = f"{name} = {one.variant}", 1000
        is_column = export.split("_")[1] in ("customerio", "intercom")
        size = sum(
            len(json.dumps(text, ensure_ascii=False).encode()) for text in (name, one.variant)
        )
        if not concluded and one.experiment in EXPERIMENTS["concluded"]:
            reason = "concluded"
        elif len(one.user) < shortest:
            reason = "user_id_too_short"
        elif len(one.user.encode()) > longest:
            reason = "user_id_too_long"
        elif is_column and not slug(one.experiment):
            reason = "name_without_letters"
        elif is_column and slugs[slug(one.experiment)] > 1:
            reason = "name_of_several_experiments"
        elif len(name.encode()) > name_bytes:
            reason = "name_too_long"
        elif len(one.variant.encode()) > value_bytes:
            reason = "value_too_long"
        else:
            reason = None
            sizes[one.user] += size + 4
            if name not in names_used:
                names_used.append(name)
            if export == "export_intercom_contacts":
                number, limit = names_used.index(name) + 1, 250
            else:
                number, limit = len(left[one.user]) + 1, 10**9
                limit = {"export_customerio_people": 300}.get(export, limit)
            if export in OBJECTS and number > min(limit, most or limit):
                reason = "too_many_attributes"
            elif export in OBJECTS and sizes[one.user] > 32000:
                reason = "object_too_large"
        if reason:
            reasons[reason] += 1
        else:
            left[one.user][name.split(" = ")[0]] = one.variant
    return {user: names for user, names in left.items() if names}, reasons


def found(warehouse: Warehouse, export: str) -> dict[str, dict[str, str]]:
    """What an export has for each user."""
    if export in OBJECTS:
        user, column = OBJECTS[export]
        return {row[user]: row[column] for row in payloads(warehouse, export)}
    users: dict[str, dict[str, str]] = defaultdict(dict)
    for row in warehouse.query(f"select user_id, experiment_id, variant from {export}"):
        users[row["user_id"]][f"Experiment: {row['experiment_id']}"] = row["variant"]
    return users


def excluded(warehouse: Warehouse, export: str) -> Counter:
    """How many assignments an export leaves out for which reason."""
    rows = warehouse.query(
        "select exclusion_reason, sum(assignments) as assignments from export_exclusions "
        f"where export_name = '{export}' group by exclusion_reason"
    )
    return Counter({row["exclusion_reason"]: int(row["assignments"]) for row in rows})


# ------------------------------------------------------------------------------------ tests


@pytest.fixture(scope="module")
def empty(tmp_path_factory) -> Warehouse:
    """A project that is built, without any data."""
    warehouse = Warehouse(tmp_path_factory.mktemp("exports"), {"exports": "all"})
    warehouse.register([], [])
    warehouse.dbt("run")
    return warehouse


@pytest.fixture(scope="module")
def demo(tmp_path_factory) -> Warehouse:
    """The demo with all exports."""
    return built_demo(tmp_path_factory)


@pytest.mark.parametrize(
    "settings",
    [{}, {"export_concluded": False}, {"export_max_attributes": 7}],
    ids=["everything", "without concluded", "few"],
)
def test_what_the_tools_refuse_is_counted_and_the_rest_is_sent(empty, settings):
    world = nasty_world()
    insert(empty, world)
    empty.dbt("run", "--select", "exports", settings=settings)
    assert_accepted(empty)
    for export in EXPORTS:
        sent, reasons = expected(
            export,
            world,
            concluded=settings.get("export_concluded", True),
            most=settings.get("export_max_attributes"),
        )
        assert found(empty, export) == sent, export
        assert excluded(empty, export) == reasons, export
    assert excluded(empty, "every export") == {"crossover": 2, "anonymous": 1, "outside_dates": 1}


def test_nobody_else_leaves_the_warehouse(empty):
    insert(empty, nasty_world())
    empty.dbt("run", "--select", "exports")
    for export in EXPORTS:
        sent = found(empty, export).keys()
        assert "everything" in sent
        assert not {None, "both-variants", "testers"} & sent


def test_changes_are_dated_by_the_data(empty):
    insert(empty, nasty_world())
    empty.dbt("run", "--select", "exports")
    at = "select changed_at from export_segment_traits where user_id = "
    [row] = empty.query(at + "'came-late'")
    assert row["changed_at"] == START + timedelta(days=9)
    [row] = empty.query(at + "'only-old'")
    assert row["changed_at"] == START + timedelta(days=3)
    # An experiment that ended left the object at its end.
    empty.dbt("run", "--select", "exports", settings={"export_concluded": False})
    [row] = empty.query(at + "'came-late'")
    assert row["changed_at"] == START + timedelta(days=20)
    assert empty.query(at + "'only-old'") == []


def test_ids_of_events_are_those_of_the_last_run(empty):
    """Also where the assignment turns out to be earlier; another variant is another event."""
    ids = {}
    for day, variant in ((5, "b"), (4, "b"), (4, "c")):
        insert(empty, [Assignment("plain-test", "user1", variant, day=day)])
        empty.dbt("run", "--select", "export_amplitude_events")
        [row] = empty.query("from export_amplitude_events")
        milliseconds = (START + timedelta(days=day) - datetime(1970, 1, 1)) / timedelta(0, 0, 1000)
        assert row["time"] == milliseconds
        ids[day, variant] = row["insert_id"]
    assert ids[5, "b"] == ids[4, "b"] != ids[4, "c"]


def test_large_cohorts_are_divided(empty):
    insert(empty, [Assignment("plain-test", "first", day=0)])
    empty.execute("""
        insert into analytics.experiment_assignments by name
        select
            'plain-test' as experiment_id, 'user' || range as user_key, user_key as user_id,
            'b' as variant, false as is_crossover,
            timestamp '2026-03-02' + interval (range) second as assigned_at
        from range(2000000)
    """)
    empty.dbt("run", "--select", "export_amplitude_cohorts")
    rows = empty.query("""
        select cohort_name, count(*) as users, max(user_id) as last from export_amplitude_cohorts
        group by cohort_name order by cohort_name
    """)
    assert [(row["cohort_name"], row["users"]) for row in rows] == [
        ("Experiment: plain-test = b", 2_000_000),
        ("Experiment: plain-test = b (part 2)", 1),
    ]
    assert rows[1]["last"] == "user1999999"


def test_the_demo_is_accepted(demo):
    assert_accepted(demo)
    cohorts = demo.query("""
        select count(*) as wrong from export_amplitude_cohorts as cohorts
        full join (
            from experiment_assignments
            where
                user_id is not null and exclusion_reason is null and not is_crossover
                and length(user_id) >= 5
        ) as assignments
            on cohorts.user_id = assignments.user_id
            and cohorts.experiment_id = assignments.experiment_id
            and cohorts.variant = assignments.variant
        where cohorts.user_id is null or assignments.user_id is null
    """)
    assert cohorts == [{"wrong": 0}]


def test_attributes_can_be_columns(demo):
    sql = demo.compile_inline(
        "{{ segment_experiments.export_as_columns('export_intercom_contacts') }}"
    )
    flat = {
        row.pop("user_id"): {name: value for name, value in row.items() if value is not None}
        for row in demo.query(sql)
    }
    assert len(flat) > 100
    assert flat == found(demo, "export_intercom_contacts")


def test_nothing_is_built_unless_it_is_switched_on(tmp_path):
    warehouse = Warehouse(tmp_path)
    listed = warehouse.dbt("--quiet", "ls", "--select", "exports", "--output", "name")
    assert "export_" not in listed
    listed = warehouse.dbt(
        *("--quiet", "ls", "--select", "exports", "--output", "name", "--resource-type", "model"),
        settings={"exports": ["segment"]},
    )
    assert set(listed.split()) == {
        "int_export_assignments", "export_segment_traits", "export_exclusions"
    }  # fmt: skip
