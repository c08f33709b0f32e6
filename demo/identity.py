"""Who logs in where and when, and the identify and alias calls that tell Segment about it."""

from dataclasses import dataclass

import numpy as np

from demo import ids
from demo.config import END, SECOND, START, Settings
from demo.exposures import NORMAL, Assigned, Exposures
from demo.outcomes import Events
from demo.people import KIOSK, NEVER, People, Sessions


@dataclass
class Identifies:
    """Identify calls; one entry per call.

    Attributes:
        events: Person, slot and time of the call.
        anonymous: Code of the anonymous id.
        user: Code of the user id.
        traits: Arm of each registered experiment (columns), -1 where the trait is absent.
        is_loose: The first experiment's trait is not namespaced.
        wrong: Number of traits that name another variant than the exposures.
    """

    events: Events
    anonymous: np.ndarray
    user: np.ndarray
    traits: np.ndarray
    is_loose: np.ndarray
    wrong: int


@dataclass
class Aliases:
    """Alias calls; one entry per call.

    Attributes:
        events: Person, slot and time of the call.
        anonymous: Code of the anonymous id.
        user: Code of the new id.
        previous: Code of the previous id.
        counts: How often which mistake was made.
        via_email: People whose e-mail address is an identifier of theirs.
    """

    events: Events
    anonymous: np.ndarray
    user: np.ndarray
    previous: np.ndarray
    counts: dict[str, int]
    via_email: np.ndarray


def log_in(
    rng: np.random.Generator,
    people: People,
    sessions: Sessions,
    signed_up: np.ndarray,
    sign_up_slot: np.ndarray,
    settings: Settings,
) -> np.ndarray:
    """Draw when each person logs in on each slot; every later event there has the user id.

    Args:
        rng: Source of randomness.
        people: Who there is.
        sessions: Sessions; one logs in half a minute to five minutes after the start of one.
        signed_up: Time of the sign-up per person, ms.
        sign_up_slot: Slot of the sign-up per person.
        settings: Behaviour.

    Returns:
        Times in ms, people by slots; 0 where every session starts with a login, `NEVER` for none.
    """
    behaviour, count = settings.behaviour, len(people)
    may = people.customer[sessions.person] | (sessions.time > signed_up[sessions.person])
    first = np.full((count, 5), NEVER)
    np.minimum.at(first, (sessions.person[may], sessions.slot[may]), sessions.time[may])
    chance = np.where(people.customer, behaviour.log_in, behaviour.log_in_elsewhere)
    wait = rng.integers(30 * SECOND, 300 * SECOND, (count, 5))
    does = (rng.random((count, 5)) < chance[:, None]) & (first + wait < END - 10 * SECOND)
    times = np.where(does, first + wait, NEVER)
    new = np.flatnonzero(signed_up < NEVER)
    times[new, sign_up_slot[new]] = signed_up[new]
    return np.where(people.always_in, 0, times)


def user_at(
    people: People, logins: np.ndarray, person: np.ndarray, slot: np.ndarray, time: np.ndarray
) -> np.ndarray:
    """Look up the user id that an event carries.

    Args:
        people: Who there is.
        logins: From `log_in`.
        person: Person of each event.
        slot: Its slot.
        time: Its time, ms.

    Returns:
        Codes of user ids; null before the login.
    """
    return np.where(time >= logins[person, slot], people.user[person], ids.NULL)


def identify(
    rng: np.random.Generator,
    people: People,
    sessions: Sessions,
    logins: np.ndarray,
    exposures: Exposures,
    assigned: Assigned,
    settings: Settings,
) -> Identifies:
    """Make the identify calls: at logins, and after some exposures of people logged in.

    Args:
        rng: Source of randomness.
        people: Who there is.
        sessions: Sessions.
        logins: From `log_in`.
        exposures: Exposures.
        assigned: First assignments, for the traits.
        settings: Behaviour and fault rates.

    Returns:
        The calls; a trait is there from the assignment on.
    """
    faults = settings.faults
    person, slot = np.nonzero((logins >= START) & (logins < END))
    calls = [Events(person, slot.astype(np.int8), logins[person, slot])]
    rows = np.flatnonzero(people.always_in[sessions.person, sessions.slot])
    calls.append(Events(sessions.person[rows], sessions.slot[rows], sessions.time[rows]))
    known = exposures.time >= logins[exposures.person, exposures.slot]
    known &= (exposures.kind == NORMAL) & (exposures.time < END - 2 * SECOND)
    rows = np.flatnonzero(known)
    rows = rows[rng.random(len(rows)) < settings.behaviour.traits_at_exposure]
    calls.append(Events(exposures.person[rows], exposures.slot[rows], exposures.time[rows] + 1000))
    events = Events(
        np.concatenate([part.person for part in calls]),
        np.concatenate([part.slot for part in calls]),
        np.concatenate([part.time for part in calls]),
    )
    count = len(events.person)
    has_traits = rng.random(count) < 0.8
    traits = np.empty((count, len(settings.registered)), np.int8)
    wrong = 0
    for index, experiment in enumerate(settings.registered):
        there = has_traits & (assigned.time[events.person, index] <= events.time)
        other = there & (rng.random(count) < faults.wrong_trait)
        wrong += int(other.sum())
        arm = (assigned.arm[events.person, index] + other) % len(experiment.variants)
        traits[:, index] = np.where(there, arm, -1)
    is_loose = (traits[:, 0] >= 0) & (rng.random(count) < faults.loose_trait)
    calls = Identifies(
        events=events,
        anonymous=people.anonymous[events.person, events.slot],
        user=people.user[events.person],
        traits=traits,
        is_loose=is_loose,
        wrong=wrong,
    )
    return _with_blocked(rng, people, logins, calls, sessions, settings)


def alias(
    rng: np.random.Generator,
    people: People,
    sessions: Sessions,
    logins: np.ndarray,
    settings: Settings,
    with_cycle: bool,
) -> Aliases:
    """Make the alias calls of sites that call alias at every login.

    Args:
        rng: Source of randomness.
        people: Who there is.
        sessions: Sessions; each one on a slot with a login is another login.
        logins: From `log_in`.
        settings: Fault rates.
        with_cycle: Whether one person gets two aliases that point at each other.

    Returns:
        The calls, with self-aliases and chains over the e-mail address among them.
    """
    faults, count = settings.faults, len(people)
    sender = rng.random(count) < faults.alias_sender
    person, slot = np.nonzero((logins >= START) & (logins < END) & sender[:, None])
    again = np.flatnonzero(
        sender[sessions.person] & (sessions.time > logins[sessions.person, sessions.slot])
    )
    events = Events(
        np.concatenate([person, sessions.person[again]]),
        np.concatenate([slot.astype(np.int8), sessions.slot[again]]),
        np.concatenate([logins[person, slot], sessions.time[again] + 200]),
    )
    anonymous = people.anonymous[events.person, events.slot]
    user = people.user[events.person]
    is_self = rng.random(len(user)) < faults.self_alias
    previous = np.where(is_self, user, anonymous)
    # A chain: first the anonymous id becomes the e-mail address, then that becomes the user id.
    own = np.unique(person[(slot != KIOSK)])
    chained = np.zeros(count, dtype=bool)
    if len(own):
        chosen = rng.choice(own, int(np.ceil(len(own) * faults.alias_chain)), replace=False)
        chained[chosen] = True
    rows = np.flatnonzero(chained[events.person] & ~is_self & (previous == anonymous))
    email = ids.as_kind(ids.EMAIL, user[rows])
    target = user.copy()
    target[rows] = email
    cycle = own[~chained[own]][: int(with_cycle)]
    when = logins[cycle].min(axis=1) + SECOND if len(cycle) else np.zeros(0, np.int64)
    slots = logins[cycle].argmin(axis=1).astype(np.int8)
    extra = Events(
        np.concatenate([events.person[rows], cycle, cycle]),
        np.concatenate([events.slot[rows], slots, slots]),
        np.concatenate([events.time[rows] + 300, when, when + SECOND]),
    )
    known = people.user[cycle]
    mail = ids.as_kind(ids.EMAIL, known)
    return Aliases(
        events=Events(
            np.concatenate([events.person, extra.person]),
            np.concatenate([events.slot, extra.slot]),
            np.concatenate([events.time, extra.time]),
        ),
        anonymous=np.concatenate([anonymous, people.anonymous[extra.person, extra.slot]]),
        user=np.concatenate([target, user[rows], mail, known]),
        previous=np.concatenate([previous, email, known, mail]),
        counts={
            "self_alias": int(is_self.sum()),
            "alias_again": len(again),
            "alias_chain": len(np.unique(events.person[rows])),
            "alias_cycle": len(cycle),
        },
        via_email=np.unique(np.concatenate([events.person[rows], cycle])),
    )


def _with_blocked(
    rng: np.random.Generator,
    people: People,
    logins: np.ndarray,
    calls: Identifies,
    sessions: Sessions,
    settings: Settings,
) -> Identifies:
    """Add calls with a blocked id: real users under no device, real devices under no user."""
    count = int(np.ceil(len(calls.user) * settings.faults.blocked_identify))
    if len(calls.user) == 0:
        return calls
    rows = rng.choice(len(calls.user), min(count, len(calls.user)), replace=False)
    stranger = np.flatnonzero(logins[sessions.person, sessions.slot] == NEVER)
    stranger = stranger[sessions.slot[stranger] != KIOSK]
    stranger = rng.choice(stranger, min(count, len(stranger)), replace=False)
    events = Events(
        np.concatenate([calls.events.person, calls.events.person[rows], sessions.person[stranger]]),
        np.concatenate([calls.events.slot, calls.events.slot[rows], sessions.slot[stranger]]),
        np.concatenate([calls.events.time, calls.events.time[rows], sessions.time[stranger]]),
    )
    blocked = np.array([-3, -4, -2])
    none = np.full((len(stranger), calls.traits.shape[1]), -1, np.int8)
    return Identifies(
        events=events,
        anonymous=np.concatenate(
            [
                calls.anonymous,
                blocked[np.arange(len(rows)) % 3],
                people.anonymous[sessions.person[stranger], sessions.slot[stranger]],
            ]
        ),
        user=np.concatenate([calls.user, calls.user[rows], blocked[np.arange(len(stranger)) % 3]]),
        traits=np.concatenate([calls.traits, calls.traits[rows], none]),
        is_loose=np.concatenate(
            [calls.is_loose, calls.is_loose[rows], np.zeros(len(stranger), bool)]
        ),
        wrong=calls.wrong,
    )
