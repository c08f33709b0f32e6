"""Segment's genuine SDKs, with the code of instrumentation/, to assignments in the marts.

A browser and two servers send to a receiver on loopback; what it got is loaded as Segment loads it;
the project is built; the assignments are those that were made.
"""

from __future__ import annotations

import collections
import datetime as dt
import json
import re
import shutil
import subprocess
from typing import Any

import jsonschema
import pytest

from tests.python.harness.needed import need
from tests.python.harness.warehouse import PROJECT, Warehouse
from tests.python.tools.segment_loader import Loader
from tests.python.tools.segment_receiver import Receiver
from tests.python.tools.test_tracking_plan import PLAN, rule

SDK = PROJECT / "checks" / "sdk"
SERVER_PYTHON = PROJECT / ".venv-segment" / "bin" / "python"

HERO = "homepage-hero-headline-2026-11"
CART = "cart-banner-free-shipping-2026-11"
SEARCH = "search-results-ranking-2026-11"
PRICE = "pricing-page-annual-toggle-2026-11"
SERVER_TIME = dt.datetime(2026, 11, 2, 10)

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
MISSING = [
    name
    for name, found in {
        "Node": shutil.which("node"),
        "Chromium": CHROMIUM,
        "checks/sdk/node_modules": (SDK / "node_modules").exists(),
        ".venv-segment": SERVER_PYTHON.exists(),
    }.items()
    if not found
]
SDKS = f"{', '.join(MISSING)}, to test Segment's SDKs"
need(SDKS, not MISSING, at_import=True)


@pytest.fixture(scope="module")
def sent() -> dict[str, Any]:
    """What was received, what the browser did, and the warnings of the servers."""
    need(SDKS, not MISSING)
    receiver = Receiver()
    programs = {
        "browser": ["node", str(SDK / "browser.js"), receiver.address, CHROMIUM],
        "node": ["node", str(SDK / "node-server.js"), receiver.address],
        "python": [str(SERVER_PYTHON), str(SDK / "python_server.py"), receiver.address],
    }
    running = {
        name: subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for name, command in programs.items()
    }
    printed = {}
    for name, process in running.items():
        output, errors = process.communicate(timeout=240)
        assert process.returncode == 0, f"{name}: {errors}"
        printed[name] = json.loads(output)
    receiver.close()
    assert receiver.messages
    return {"messages": receiver.messages, **printed}


@pytest.fixture(scope="module")
def warehouse(sent, tmp_path_factory) -> Warehouse:
    """Loaded in two batches, the second with old messages again, and built after each."""
    warehouse = Warehouse(
        tmp_path_factory.mktemp("instrumentation"),
        {"metrics": [], "activity": ["tracks", "pages"]},
    )
    loader = Loader(warehouse)
    messages = sorted(sent["messages"], key=lambda message: message["receivedAt"])
    half = len(messages) // 2
    last = dt.datetime.fromisoformat(messages[-1]["receivedAt"])
    again = [
        message | {"receivedAt": (last + dt.timedelta(days=2)).isoformat()} for message in messages
    ]
    warehouse.dbt("seed")
    loader.load(messages[:half], last)
    warehouse.dbt("run", "--select", "+experiment_assignments", "+tracking_audit")
    loader.load(messages[half:], last + dt.timedelta(days=1))
    loader.load(again, last + dt.timedelta(days=3))
    warehouse.dbt("run", "--select", "+experiment_assignments", "+tracking_audit")
    return warehouse


@pytest.fixture(scope="module")
def assignments(warehouse) -> dict[tuple[str, str], dict[str, Any]]:
    rows = warehouse.query("select * from experiment_assignments")
    return {(row["user_key"], row["experiment_id"]): row for row in rows}


def deliveries(sent, kind: str, **fields) -> list[dict[str, Any]]:
    """The messages of a kind with some fields, as often as they came."""
    return [
        message
        for message in sent["messages"]
        if message["type"] == kind
        and all(message.get(name) == value for name, value in fields.items())
    ]


def calls(sent, kind: str, **fields) -> list[dict[str, Any]]:
    """The messages of a kind with some fields, each once, in the order they were made."""
    found = {message["messageId"]: message for message in deliveries(sent, kind, **fields)}
    return sorted(found.values(), key=lambda message: message["originalTimestamp"])


def device(sent, scenario: str, number: int = 0) -> str:
    """The anonymous id of a visit of a scenario."""
    return sent["browser"][scenario][number]["anonymousId"]


def time_of(milliseconds: int) -> dt.datetime:
    time = dt.datetime.fromtimestamp(milliseconds / 1000, dt.UTC)
    return time.replace(tzinfo=None)


def first_assigned(sent, scenario: str) -> dt.datetime:
    return min(time_of(at) for visit in sent["browser"][scenario] for _, _, at in visit["assigned"])


# scenario -> [(user, experiment), variant, exposures, variants seen] for each user in it
BROWSER = {
    "reload": [("device 0", HERO, "control", 1, 1)],
    "cleared": [("device 0", HERO, "control", 1, 1), ("device 1", HERO, "video-hero", 1, 1)],
    "login_twice": [("u-twice", HERO, "short-headline", 1, 1)],
    "logout": [("u-logout", HERO, "control", 2, 1)],
    "two_tabs": [("device 0", HERO, "control", 1, 1)],
    "second_device": [("u-devices", HERO, "video-hero", 2, 1)],
    "other_variant_on_second_device": [("u-crossover", HERO, "control", 2, 2)],
    "reassigned": [("device 0", HERO, "control", 3, 2)],
    "two_experiments": [
        ("device 0", HERO, "control", 1, 1),
        ("device 0", CART, "banner", 1, 1),
    ],
    "users_of_one_browser": [
        ("u-ann", HERO, "control", 1, 1),
        ("u-bob", HERO, "control", 1, 1),
    ],
    "forbidden_storage": [("device 0", HERO, "control", 1, 1)],
    "full_storage": [("device 0", HERO, "control", 1, 1)],
    "refused": [],
    "package": [("u-package", HERO, "short-headline", 1, 1)],
}
SERVERS = [
    (f"{letter}-{user}", experiment, variant, exposures, variants)
    for letter in "np"
    for user, experiment, variant, exposures, variants in [
        ("once", SEARCH, "new-ranking", 1, 1),
        ("reassigned", SEARCH, "control", 3, 2),
        ("user", SEARCH, "control", 1, 1),
        ("user", PRICE, "annual-first", 1, 1),
    ]
]


@pytest.mark.parametrize("scenario", [name for name, assigned in BROWSER.items() if assigned])
def test_assignments_are_those_made_in_the_browser(sent, assignments, scenario):
    for user, experiment, variant, exposures, variants in BROWSER[scenario]:
        if user.startswith("device"):
            user = device(sent, scenario, int(user.split()[1]))
        row = assignments[user, experiment]
        assert (
            *(row["variant"], row["exposures"], row["variants_seen"]),
            *(row["exclusion_reason"], row["trait_variant"]),
        ) == (
            *(variant, exposures, variants),
            # The trait is the one of the last assignment.
            *(
                ("crossover", "video-hero" if "device" in scenario else variant)
                if variants > 1
                else (None, variant)
            ),
        )
        assert row["assigned_at_source"] == "property"
        made = {
            (made_experiment, made_variant, time_of(at))
            for visit in sent["browser"][scenario]
            for made_experiment, made_variant, at in visit["assigned"]
        }
        assert (experiment, variant, row["assigned_at"]) in made


def test_nobody_else_is_assigned(sent, assignments):
    users = {
        (device(sent, scenario, int(user.split()[1])) if user.startswith("device") else user, test)
        for scenario, expected in BROWSER.items()
        for user, test, *_ in expected
    }
    assert assignments.keys() == users | {(user, experiment) for user, experiment, *_ in SERVERS}


@pytest.mark.parametrize(
    ("user", "experiment", "variant", "exposures", "variants"),
    SERVERS,
    ids=[f"{user} {experiment}" for user, experiment, *_ in SERVERS],
)
def test_assignments_are_those_of_the_servers(
    assignments, user, experiment, variant, exposures, variants
):
    row = assignments[user, experiment]
    assert (
        *(row["variant"], row["exposures"], row["variants_seen"], row["trait_variant"]),
        *(row["assigned_at"], row["assigned_at_source"]),
    ) == (variant, exposures, variants, variant, SERVER_TIME, "property")


def test_old_messages_that_come_again_are_counted_and_change_nothing(sent, warehouse):
    sent_ids = collections.Counter(
        message["messageId"] for message in calls(sent, "track", event="Experiment Viewed")
    )
    [audit] = warehouse.query("""
        select sum(affected_rows) as n from tracking_audit
        where check_name = 'redelivered_exposure'
    """)
    # Each id lands twice: once for all deliveries of the first day, once two days later.
    assert audit["n"] == len(sent_ids)


def test_nothing_is_sent_on_a_page_load(sent):
    for scenario in ("reload", "login_twice", "second_device"):
        for visit in sent["browser"][scenario]:
            viewed = calls(
                sent, "track", anonymousId=visit["anonymousId"], event="Experiment Viewed"
            )
            assert len(viewed) == 1
    pages = calls(sent, "page", anonymousId=device(sent, "reload"))
    assert len(pages) == 5
    identifies = calls(sent, "identify", anonymousId=device(sent, "reload"))
    assert len(identifies) == 1


def test_repeated_messages_have_the_same_id(sent):
    for scenario in ("forbidden_storage", "full_storage"):
        fields = {"anonymousId": device(sent, scenario), "event": "Experiment Viewed"}
        assert len(deliveries(sent, "track", **fields)) == 2
        assert len(calls(sent, "track", **fields)) == 1


def test_servers_send_once_per_process_and_the_same_id_in_each(sent):
    for user in ("n-once", "p-once"):
        assert len(deliveries(sent, "track", userId=user)) == 2
        assert len(calls(sent, "track", userId=user)) == 1


def test_message_ids_are_short_and_of_one_call_each(sent):
    kinds = collections.defaultdict(set)
    for message in sent["messages"]:
        assert len(message["messageId"]) <= 100
        kinds[message["messageId"]].add(message["type"])
    assert [message_id for message_id, of in kinds.items() if len(of) > 1] == []


def test_every_identify_carries_all_current_experiments(sent):
    visits = sent["browser"]["two_experiments"]
    both = {HERO: "control", CART: "banner"}
    identifies = calls(sent, "identify", anonymousId=visits[0]["anonymousId"])
    assert [message["traits"]["experiments"] for message in identifies] == [
        {HERO: "control"},
        both,
        both,
    ]
    assert identifies[-1]["traits"]["newsletter"] is True
    assert visits[1]["traits"]["experiments"] == visits[1]["current"] == both

    for user in ("n-user", "p-user"):
        last = [message for message in sent["messages"] if message.get("userId") == user]
        traits = [message["traits"] for message in last if message["type"] == "identify"]
        assert {"experiments": {SEARCH: "control", PRICE: "annual-first"}} in traits


@pytest.mark.parametrize(
    ("scenario", "transitions"),
    [("login_twice", 1), ("logout", 2), ("second_device", 0), ("users_of_one_browser", 0)],
)
def test_alias_is_sent_once_per_transition_before_identify_and_only_where_wanted(
    sent, scenario, transitions
):
    devices = {visit["anonymousId"] for visit in sent["browser"][scenario]}
    aliases = [message for message in calls(sent, "alias") if message.get("anonymousId") in devices]
    assert len(aliases) == len({message["previousId"] for message in aliases}) == transitions
    for alias in aliases:
        assert alias["previousId"] == alias["anonymousId"] != alias["userId"]
        # analytics.js adds the user id to what was called before and is sent after.
        identified = [
            message
            for message in calls(sent, "identify", userId=alias["userId"])
            if message["anonymousId"] == alias["previousId"]
            and not message["messageId"].startswith("exp-")
        ]
        assert alias["originalTimestamp"] <= identified[0]["originalTimestamp"]


def test_servers_alias_once(sent):
    for letter in "np":
        aliases = calls(sent, "alias", userId=f"{letter}-user")
        assert [alias["previousId"] for alias in aliases] == [f"{letter}-visitor"]


def test_what_would_spoil_the_data_is_refused_with_a_warning_and_the_page_lives(sent):
    [visit] = sent["browser"]["refused"]
    assert visit["errors"] == []
    for part in ("Hero Test breaks", '"1" of', "2 of", "undefined is no text", '"null"'):
        assert sum(part in warning for warning in visit["warnings"]) == 1, part
    assert len(visit["warnings"]) == 5
    assert not calls(sent, "track", anonymousId=visit["anonymousId"])
    for server in ("node", "python"):
        warnings = sent[server]
        assert [re.search("variant|breaks|nobody|needs", text)[0] for text in warnings] == [
            *("variant", "breaks", "nobody", "needs")
        ]
    others = [visits for name, visits in sent["browser"].items() if name != "refused"]
    assert [visit for visits in others for visit in visits if visit["warnings"]] == []
    assert [visit for visits in others for visit in visits if visit["errors"]] == []


def test_payloads_keep_to_the_tracking_plan(sent):
    viewed = calls(sent, "track", event="Experiment Viewed")
    assert len(viewed) > 25
    for message in viewed:
        jsonschema.validate(message, rule("TRACK"))
    assert {rule["key"] for rule in PLAN["rules"] if "key" in rule} == {
        message["event"] for message in calls(sent, "track")
    }
    identifies = [
        message for message in calls(sent, "identify") if message["traits"].get("experiments")
    ]
    assert len(identifies) > 25
    for message in identifies:
        jsonschema.validate(message, rule("IDENTIFY"))
