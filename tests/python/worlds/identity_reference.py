"""Who is who, in plain Python: the rules of DECISIONLOG.md, read without the models.

The input are raw Segment tables as lists of dicts, the output what the marts have to say about
them. Nothing here is fast; everything follows the numbered rules of the section "Identity".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple

Row = dict[str, Any]
Tables = dict[str, list[Row]]

EXPOSURES = "experiment_viewed"
ORDERS = "order_completed"
ACTIVITY = ("tracks", "pages")
MESSAGES = (EXPOSURES, "identifies", "aliases", ORDERS, *ACTIVITY)


@dataclass(frozen=True)
class Settings:
    """The project's settings that decide who is who.

    Args:
        identity_resolution: first, last or none.
        max_users_per_device: an anonymous id with more users is shared.
        multiple_variant_policy: exclude, first or last.
        blocked_ids: ids that identify nobody.
    """

    identity_resolution: Literal["first", "last", "none"] = "first"
    max_users_per_device: int = 3
    multiple_variant_policy: Literal["exclude", "first", "last"] = "exclude"
    blocked_ids: tuple[str, ...] = ("null", "Anonymous", "0", " Guest ", "")


class Identifier(NamedTuple):
    """A key of the identity map."""

    text: str
    type: Literal["user_id", "anonymous_id"]


class Person(NamedTuple):
    """Whom an identifier belongs to."""

    user_key: str
    user_id: str | None
    first_linked_at: datetime | None
    is_shared_device: bool


class Assignment(NamedTuple):
    """A user in an experiment."""

    variant: str
    assigned_at: datetime
    variants_seen: int
    exposures: int
    is_crossover: bool
    was_anonymous: bool
    is_analysed: bool


class Link(NamedTuple):
    """An id said to belong to a user id, and when."""

    time: datetime
    user_id: str


def identifier(value: str | None, settings: Settings) -> str | None:
    """Rule 1: the id in a column; None when it is blank or blocked."""
    text = (value or "").strip(" ")
    blocked = {blocked.strip(" ").lower() for blocked in settings.blocked_ids}
    return None if text == "" or text.lower() in blocked else text


def ids(row: Row, settings: Settings) -> tuple[str | None, str | None]:
    """The anonymous id and the user id of a message."""
    return identifier(row["anonymous_id"], settings), identifier(row["user_id"], settings)


def messages(rows: Iterable[Row]) -> list[Row]:
    """Section "Redelivery": of each message id the copy that arrived first."""
    first: dict[Any, Row] = {}
    for row in sorted(rows, key=lambda row: row["received_at"]):
        content = {name: value for name, value in row.items() if name != "received_at"}
        first.setdefault(row["id"] or tuple(sorted(content.items(), key=str)), row)
    return list(first.values())


def time(row: Row) -> datetime:
    """When a message happened: never after it was received."""
    return min(row["timestamp"] or row["received_at"], row["received_at"])


def chosen_link(links: list[Link], settings: Settings) -> str:
    """The user id that was linked first, or last; of several at that time the smallest."""
    times = [link.time for link in links]
    decisive = max(times) if settings.identity_resolution == "last" else min(times)
    return min(link.user_id for link in links if link.time == decisive)


def canonical_users(
    user_ids: Iterable[str], aliases: dict[str, list[Link]], settings: Settings
) -> dict[str, str]:
    """Rule 4: the id at the end of each user id's chain of aliases.

    Args:
        user_ids: user ids to follow.
        aliases: of each user id the ones it was aliased to.
        settings: which alias decides.

    Returns:
        The user id that stands for each user id; itself when it was not aliased.
    """
    following = {
        user: chosen_link(links, settings)
        for user, links in aliases.items()
        if len({link.user_id for link in links}) <= settings.max_users_per_device
    }
    canonical = {}
    for user in user_ids:
        path = [user]
        while (step := following.get(path[-1])) is not None and step not in path:
            path.append(step)
        cycle = path[path.index(step) :] if step is not None else path[-1:]
        canonical[user] = min(cycle)
    return canonical


def identity_map(tables: Tables, settings: Settings) -> dict[Identifier, Person]:
    """Every identifier ever seen, and whom it belongs to.

    Args:
        tables: raw tables by name.
        settings: of the project.

    Returns:
        The person of each identifier.
    """
    # Section "Redelivery": first times are the earliest of all deliveries, last times must not be.
    deliveries = [(time(row), *ids(row, settings)) for name in MESSAGES for row in tables[name]]
    sightings = [
        (time(row), *ids(row, settings)) for name in MESSAGES for row in messages(tables[name])
    ]
    first_seen: dict[str, datetime] = {}
    for at, _, user in deliveries:
        if user is not None:
            first_seen[user] = min(at, first_seen.get(user, at))
    devices = {device for _, device, _ in sightings if device is not None}

    device_links: dict[str, list[Link]] = defaultdict(list)
    user_links: dict[str, list[Link]] = defaultdict(list)
    for at, device, user in (
        sightings if settings.identity_resolution == "last" else deliveries
    ):  # Rule 2.
        if device is not None and user is not None:
            device_links[device].append(Link(at, user))
    for row in messages(tables["aliases"]):  # Rule 3.
        previous = identifier(row["previous_id"], settings)
        user = identifier(row["user_id"], settings)
        if previous is None or user is None or previous == user:
            continue
        if previous in first_seen:
            user_links[previous].append(Link(time(row), user))
        if previous in devices or previous not in first_seen:
            device_links[previous].append(Link(time(row), user))

    devices |= device_links.keys()
    if settings.identity_resolution == "none":  # Rule 8: they are known, but say nothing.
        device_links.clear()
        user_links.clear()

    canonical = canonical_users(first_seen, user_links, settings)
    people = {
        Identifier(user, "user_id"): Person(canonical[user], canonical[user], at, False)
        for user, at in first_seen.items()
    }
    for device in devices:  # Rules 5 and 6.
        links = [Link(link.time, canonical[link.user_id]) for link in device_links[device]]
        person = Person(device, None, None, False)
        if len({link.user_id for link in links}) > settings.max_users_per_device:
            person = Person(device, None, None, True)
        elif links:
            owner = chosen_link(links, settings)
            since = min(link.time for link in links if link.user_id == owner)
            person = Person(owner, owner, since, False)
        people[Identifier(device, "anonymous_id")] = person
    return people


def user_key(row: Row, people: dict[Identifier, Person], settings: Settings) -> str | None:
    """Rule 7: the one user a message counts for; None when it carries no id."""
    device, user = ids(row, settings)
    if user is not None:
        return people[Identifier(user, "user_id")].user_key
    if device is not None:
        return people[Identifier(device, "anonymous_id")].user_key
    return None


def events(
    tables: Tables, name: str, people: dict[Identifier, Person], settings: Settings
) -> list[tuple[str, Row]]:
    """The messages of a table that somebody sent, each with its user."""
    keyed = [(user_key(row, people, settings), row) for row in messages(tables[name])]
    return [(user, row) for user, row in keyed if user is not None]


def assigned_at(row: Row) -> datetime:
    """When an exposure event says the user was assigned; its times have to be credible.

    Midnight says a day, which ends a microsecond before the next one, or with the event itself.
    """
    said = row.get("assigned_at")
    if said is None:
        return time(row)
    is_day = said.time() == datetime.min.time()
    return min(said + timedelta(days=1, microseconds=-1), time(row)) if is_day else said


def assignments(
    tables: Tables, people: dict[Identifier, Person], settings: Settings
) -> dict[tuple[str, str], Assignment]:
    """What each user saw of each experiment: section "One user, several variants".

    Args:
        tables: raw tables by name.
        people: as of identity_map().
        settings: of the project.

    Returns:
        The assignment of each pair of experiment and user key.
    """
    seen: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for user, row in events(tables, EXPOSURES, people, settings):
        seen[row["experiment_id"], user].append(row)

    known_since: dict[str, datetime] = {}
    for (_, kind), person in people.items():
        if kind == "user_id":
            at = person.first_linked_at
            known_since[person.user_key] = min(at, known_since.get(person.user_key, at))

    expected = {}
    for (experiment, user), rows in seen.items():
        if settings.multiple_variant_policy == "last":
            latest = max(time(row) for row in rows)
            variant = min(row["variant"] for row in rows if time(row) == latest)
        else:
            earliest = min(assigned_at(row) for row in rows)
            variant = min(row["variant"] for row in rows if assigned_at(row) == earliest)
        at = min(assigned_at(row) for row in rows if row["variant"] == variant)
        variants = {row["variant"] for row in rows}
        expected[experiment, user] = Assignment(
            variant=variant,
            assigned_at=at,
            variants_seen=len(variants),
            exposures=len(rows),
            is_crossover=len(variants) > 1,
            was_anonymous=user in known_since and known_since[user] > at,
            is_analysed=len(variants) == 1 or settings.multiple_variant_policy != "exclude",
        )
    return expected


def value_sums(
    tables: Tables,
    people: dict[Identifier, Person],
    settings: Settings,
    value: str = "revenue",
    window: timedelta = timedelta(days=14),
) -> dict[tuple[str, str], float]:
    """The sums of a value over the orders in the window after each analysed assignment.

    Args:
        tables: raw tables by name.
        people: as of identity_map().
        settings: of the project.
        value: column of the orders.
        window: from the assignment on; its end does not belong to it.

    Returns:
        The sum of each pair of experiment and user key that is not zero.
    """
    sums: dict[tuple[str, str], float] = {}
    for (experiment, user), assignment in assignments(tables, people, settings).items():
        total = sum(
            row[value]
            for buyer, row in events(tables, ORDERS, people, settings)
            if buyer == user
            and assignment.is_analysed
            and assignment.assigned_at <= time(row) < assignment.assigned_at + window
        )
        if total:
            sums[experiment, user] = total
    return sums
