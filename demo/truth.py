"""What really happened, written beside the raw tables so that tests can compare.

`person` is the true user. `canonical` is what the data allow to know: the user id where a login
links the anonymous id to one, else the anonymous id itself (also that of a kiosk, which belongs to
nobody). Times are those of the event, before redeliveries.
"""

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from demo import ids
from demo.config import END, INTERACTION, INTERACTION_ORDERS, Settings
from demo.exposures import EARLY, NORMAL, UNKNOWN, Exposures
from demo.outcomes import Events
from demo.people import KIOSK, NEVER, People
from demo.tables import choices, times

EXCLUSIONS = ("crossover", "outside_dates", "unknown_variant")
SHARED = ("kiosk", "family")


@dataclass
class Seen:
    """Which anonymous ids and user ids occur in the data at all, and since when.

    Attributes:
        first: Time of the first event per person and slot, ms; `NEVER` for none.
        known: Whether the person's user id occurs.
    """

    first: np.ndarray
    known: np.ndarray

    def add(self, events: Events, has_user: np.ndarray) -> None:
        """Take note of events.

        Args:
            events: Events of people.
            has_user: Whether each carries the person's user id.
        """
        np.minimum.at(self.first, (events.person, events.slot), events.time)
        self.known[events.person[has_user]] = True


@dataclass
class Knowledge:
    """What can be known of each slot.

    Attributes:
        linked: A login links the slot's anonymous id to the person's user id.
        family: The slot is a device that two users share.
        canonical: Code of the canonical id per person and slot.
    """

    linked: np.ndarray
    family: np.ndarray
    canonical: np.ndarray


def know(people: People, logins: np.ndarray, seen: Seen) -> Knowledge:
    """Work out what a correct identity resolution finds.

    Args:
        people: Who there is.
        logins: Time of the login per person and slot.
        seen: What occurs in the data.

    Returns:
        The canonical ids.
    """
    linked = (logins < END) & (seen.first < NEVER)
    family = people.always_in.copy()
    family[:, KIOSK] = False
    user = np.broadcast_to(people.user[:, None], linked.shape)
    canonical = np.where(linked, user, people.anonymous)
    canonical[:, KIOSK] = people.anonymous[:, KIOSK]
    # Of two users of a family device the first one seen gets what nobody is logged in for.
    members = np.flatnonzero(family[:, 0] & linked[:, 0])
    order = members[np.lexsort((seen.first[members, 0], people.anonymous[members, 0]))]
    shared = people.anonymous[order, 0]
    start = np.flatnonzero(np.r_[True, shared[1:] != shared[:-1]]) if len(order) else order
    size = np.diff(np.r_[start, len(order)])
    canonical[order, 0] = people.user[np.repeat(order[start], size)]
    return Knowledge(linked, family, canonical)


@dataclass
class Counter:
    """Counts of faults, with what they are a share of.

    Attributes:
        counts: Fault name to count.
    """

    counts: dict[str, int] = field(default_factory=dict)

    def add(self, counts: dict[str, int]) -> None:
        """Add counts to those there are.

        Args:
            counts: Fault name to count.
        """
        for name, count in counts.items():
            self.counts[name] = self.counts.get(name, 0) + count

    def table(self) -> pa.Table:
        """Write the counts.

        Returns:
            One row per name, in alphabetical order.
        """
        names = sorted(self.counts)
        return pa.table({"name": names, "count": [self.counts[name] for name in names]})


def canonical_of(
    people: People, knowledge: Knowledge, events: Events, user: np.ndarray
) -> np.ndarray:
    """Look up the canonical id of events.

    Args:
        people: Who there is.
        knowledge: From `know`.
        events: Events.
        user: Code of the user id that each carries, or null.

    Returns:
        Codes of canonical ids.
    """
    return np.where(user >= 0, user, knowledge.canonical[events.person, events.slot])


def people_table(
    people: People, seen: Seen, knowledge: Knowledge, signed_up: np.ndarray, seed: int
) -> pa.Table:
    """Write the people that occur in the data.

    Args:
        people: Who there is.
        seen: What occurs in the data.
        knowledge: From `know`.
        signed_up: Time of the sign-up per person, ms.
        seed: Seed of the simulation.

    Returns:
        One row per person.
    """
    used = seen.first < NEVER
    rows = np.flatnonzero(used.any(axis=1))
    user = np.where(seen.known, people.user, ids.NULL)[rows]
    return pa.table(
        {
            "person": people.first + rows,
            "user_id": ids.render(user, seed),
            "is_known": seen.known[rows],
            "is_customer_from_before": people.customer[rows],
            "signed_up_at": times(signed_up[rows] % NEVER, signed_up[rows] == NEVER),
            "anonymous_ids": used[rows].sum(axis=1),
            "linked_anonymous_ids": knowledge.linked[rows].sum(axis=1),
            "has_wrong_clock": (used & (people.skew != 0)).any(axis=1)[rows],
            "is_on_family_device": knowledge.family[rows, 0],
            "is_on_kiosk": used[rows, KIOSK],
        }
    )


def identifiers_table(
    people: People, seen: Seen, knowledge: Knowledge, via_email: np.ndarray, seed: int
) -> pa.Table:
    """Write every identifier of every person; a shared anonymous id has one row per person.

    Args:
        people: Who there is.
        seen: What occurs in the data.
        knowledge: From `know`.
        via_email: People whose e-mail address occurs as an id in an alias.
        seed: Seed of the simulation.

    Returns:
        One row per identifier and person.
    """
    person, slot = np.nonzero(seen.first < NEVER)
    known = np.flatnonzero(seen.known)
    shared = np.full(len(person), -1)
    shared[slot == KIOSK] = 0
    shared[knowledge.family[person, slot]] = 1
    code = np.concatenate(
        [
            people.anonymous[person, slot],
            people.user[known],
            ids.as_kind(ids.EMAIL, people.user[via_email]),
        ]
    )
    users = np.concatenate([known, via_email])
    owner = np.concatenate([person, users])
    is_anonymous = np.arange(len(code)) < len(person)
    return pa.table(
        {
            "identifier": ids.render(code, seed),
            "identifier_type": choices(~is_anonymous * 1, ("anonymous_id", "user_id")),
            "person": people.first + owner,
            "canonical": ids.render(
                np.concatenate([knowledge.canonical[person, slot], people.user[users]]), seed
            ),
            "is_linked": np.concatenate(
                [knowledge.linked[person, slot], np.ones(len(users), bool)]
            ),
            "shared_device": choices(np.concatenate([shared, np.full(len(users), -1)]), SHARED),
        }
    )


def assignment_tables(
    people: People, exposures: Exposures, canonical: np.ndarray, settings: Settings, seed: int
) -> tuple[pa.Table, pa.Table]:
    """Write who was assigned what: by true person, and by what the data allow to know.

    Args:
        people: Who there is.
        exposures: All exposures; rows with a blank variant or id count for nothing.
        canonical: Code of the canonical id per exposure.
        settings: The experiments.
        seed: Seed of the simulation.

    Returns:
        One row per person and experiment; one row per canonical id and experiment.
    """
    rows = np.isin(exposures.kind, (NORMAL, EARLY, UNKNOWN))
    exposures, canonical = exposures.take(rows), canonical[rows]
    observed = _group(exposures, canonical)
    by_person = _group(exposures, exposures.person)
    # A crossover is evident when both variants are seen under one canonical id.
    crossed = observed["is_crossover"]
    pair = np.stack([observed["key"], observed["experiment"]])[:, crossed]
    count = len(settings.experiments)
    user = (ids.as_kind(ids.ANONYMOUS, pair[0]) - people.first) * count + pair[1]
    own = by_person["key"] * count + by_person["experiment"]
    evident = by_person["is_crossover"] & np.isin(own, user)
    return (
        _assignment_table(
            {"person": people.first + by_person["key"]}, by_person, evident, settings
        ),
        _assignment_table(
            {"canonical": ids.render(observed["key"], seed)},
            observed,
            observed["is_crossover"],
            settings,
        ),
    )


def events_table(
    events: Events, canonical: np.ndarray, time: str, people: People, seed: int, **columns: pa.Array
) -> pa.Table:
    """Write conversions with the person and the canonical id.

    Args:
        events: The events.
        canonical: Code of the canonical id per event.
        time: Name of the time column.
        people: Who there is.
        seed: Seed of the simulation.
        **columns: Further columns.

    Returns:
        One row per event.
    """
    return pa.table(
        {
            "person": people.first + events.person,
            "canonical": ids.render(canonical, seed),
            time: times(events.time),
            **columns,
        }
    )


def experiments_table(settings: Settings) -> pa.Table:
    """Write what the variants truly change.

    Args:
        settings: The experiments and the behaviour.

    Returns:
        One row per experiment and variant. Effects are per person within 14 days of assignment
        against the control, other experiments left aside.
    """
    rows = []
    for experiment in settings.experiments:
        for arm, variant in enumerate(experiment.variants):
            order_lift = _at(experiment.order_lift, arm)
            rows.append(
                {
                    "experiment_id": experiment.id,
                    "variant": variant,
                    "is_control": arm == 0,
                    "is_registered": experiment.registered,
                    "is_concluded": experiment.is_concluded,
                    "expected_share": 1 / len(experiment.variants),
                    "lost_share": _at(experiment.lost, arm),
                    "sign_up_probability_lift": _at(experiment.sign_up_lift, arm),
                    "orders_lift": order_lift,
                    "revenue_lift": order_lift * _mean_revenue(settings),
                    "first_session_feature_uses_lift": _at(experiment.feature_lift, arm)
                    - _at(experiment.feature_lift, 0),
                    "interaction_orders": INTERACTION_ORDERS
                    if experiment.id in INTERACTION and arm == 1
                    else 0.0,
                    "interacts_with": next(
                        (name for name in INTERACTION if name != experiment.id), None
                    )
                    if experiment.id in INTERACTION
                    else None,
                    "story": experiment.story,
                }
            )
    return pa.Table.from_pylist(rows)


def _mean_revenue(settings: Settings) -> float:
    """Compute the mean of an order's revenue in EUR."""
    behaviour = settings.behaviour
    return float(np.exp(behaviour.order_log_mean + behaviour.order_log_sd**2 / 2))


def _at(values: tuple[float, ...], arm: int) -> float:
    """Read a per-variant setting; an empty one is zero."""
    return values[arm] if values else 0.0


def _group(exposures: Exposures, key: np.ndarray) -> dict[str, np.ndarray]:
    """Reduce exposures to one entry per key and experiment, at the first assignment."""
    order = np.lexsort((exposures.assigned, exposures.experiment, key))
    keys, experiment = key[order], exposures.experiment[order]
    variant = exposures.variant[order]
    first = np.ones(len(order), dtype=bool)
    first[1:] = (keys[1:] != keys[:-1]) | (experiment[1:] != experiment[:-1])
    start = np.flatnonzero(first)
    size = np.diff(np.r_[start, len(order)])
    differs = variant != np.repeat(variant[start], size)
    # At most two variants are seen: the first, and one other.
    other = np.maximum.reduceat(np.where(differs, variant, -1), start) if len(start) else start
    return {
        "key": keys[start],
        "experiment": experiment[start].astype(np.int64),
        "variant": variant[start],
        "other": other,
        "assigned": exposures.assigned[order][start],
        "exposures": size,
        "kind": exposures.kind[order][start],
        "is_crossover": other >= 0,
    }


def _assignment_table(
    head: dict[str, pa.Array],
    group: dict[str, np.ndarray],
    evident: np.ndarray,
    settings: Settings,
) -> pa.Table:
    """Write groups of exposures as assignments."""
    exclusion = np.full(len(group["key"]), -1)
    exclusion[evident] = 0
    exclusion[group["kind"] == EARLY] = 1
    exclusion[group["kind"] == UNKNOWN] = 2
    names = tuple(item.id for item in settings.experiments)
    return pa.table(
        {
            **head,
            "experiment_id": choices(group["experiment"], names),
            "variant": choices(group["variant"], settings.variants),
            "other_variant": choices(group["other"], settings.variants),
            "first_assigned_at": times(group["assigned"]),
            "exposures": group["exposures"],
            "is_crossover": group["is_crossover"],
            "exclusion_expected": choices(exclusion, EXCLUSIONS),
        }
    )
