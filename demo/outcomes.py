"""What people do: sign up, order, use features, look at pages; and what the variants change."""

from dataclasses import dataclass

import numpy as np

from demo.config import (
    DAY,
    END,
    INTERACTION,
    INTERACTION_ORDERS,
    MINUTE,
    SECOND,
    START,
    Settings,
)
from demo.exposures import Assigned
from demo.people import NEVER, People, Sessions, slots_at

FEATURES = ("dashboard", "export", "invite", "report", "template")
COUPONS = ("WELCOME10", "AUTUMN15")
METHODS = ("email", "google", "apple")
LONGEST_LAG = 13.5
"""Days after assignment within which an experiment's effect happens."""


@dataclass
class Events:
    """Events of one kind; one entry per event.

    Attributes:
        person: Index of the person in the chunk.
        slot: Slot it happens on.
        time: ms since 1970 UTC.
    """

    person: np.ndarray
    slot: np.ndarray
    time: np.ndarray


def sign_up(
    rng: np.random.Generator,
    people: People,
    assigned: Assigned,
    sessions: Sessions,
    settings: Settings,
) -> np.ndarray:
    """Draw when each person signs up.

    Args:
        rng: Source of randomness.
        people: Who there is.
        assigned: First assignments.
        sessions: Sessions, whose first one starts the wish to sign up.
        settings: Behaviour.

    Returns:
        Time per person, ms; `NEVER` for none.
    """
    arrival = np.full(len(people), NEVER)
    arrival[sessions.person[sessions.is_first]] = sessions.time[sessions.is_first]
    time = _maybe(rng, arrival, np.full(len(people), settings.behaviour.sign_up), 1.5)
    for index, experiment in enumerate(settings.experiments):
        if not experiment.sign_up_base and not experiment.sign_up_lift:
            continue
        lift = experiment.sign_up_lift or (0.0,) * len(experiment.variants)
        chance = np.array([*lift, 0.0]) + np.array([experiment.sign_up_base] * len(lift) + [0.0])
        wish = _maybe(rng, assigned.time[:, index], chance[assigned.arm[:, index]], 1.5)
        time = np.minimum(time, wish)
    # A few seconds are left for the identify and alias calls.
    return np.where(people.no_sign_up | (time >= END - 10 * SECOND), NEVER, time)


def order(
    rng: np.random.Generator,
    people: People,
    assigned: Assigned,
    sessions: Sessions,
    settings: Settings,
) -> Events:
    """Draw orders: some per session, more where a variant causes them.

    Args:
        rng: Source of randomness.
        people: Who there is.
        assigned: First assignments.
        sessions: Sessions.
        settings: Behaviour.

    Returns:
        Orders before END.
    """
    behaviour = settings.behaviour
    rate = np.where(
        people.customer, behaviour.order_per_session_customer, behaviour.order_per_session
    )
    rate = (rate * people.propensity)[sessions.person]
    rows = np.repeat(np.arange(len(rate)), rng.poisson(rate))
    time = sessions.time[rows] + rng.integers(3 * MINUTE, 28 * MINUTE, len(rows))
    parts = [Events(sessions.person[rows], sessions.slot[rows], time)]
    for index, experiment in enumerate(settings.experiments):
        if experiment.order_lift:
            mean = np.array([*experiment.order_lift, 0.0])[assigned.arm[:, index]]
            parts.append(_after(rng, people, assigned.time[:, index], mean, settings))
    pair = [index for index, item in enumerate(settings.experiments) if item.id in INTERACTION]
    if len(pair) == len(INTERACTION):
        both = (assigned.arm[:, pair] == 1).all(axis=1)
        since = assigned.time[:, pair].max(axis=1)
        parts.append(_after(rng, people, since, both * INTERACTION_ORDERS, settings))
    return _join(parts)


def use_features(
    rng: np.random.Generator, assigned: Assigned, sessions: Sessions, settings: Settings
) -> Events:
    """Draw feature uses: some per session, more in the session in which a tour is shown.

    Args:
        rng: Source of randomness.
        assigned: First assignments.
        sessions: Sessions.
        settings: Behaviour.

    Returns:
        Feature uses before END.
    """
    mean = np.full(len(sessions.person), settings.behaviour.feature_per_session)
    rows = np.repeat(np.arange(len(mean)), rng.poisson(mean))
    time = sessions.time[rows] + rng.integers(2 * MINUTE, 25 * MINUTE, len(rows))
    parts = [Events(sessions.person[rows], sessions.slot[rows], time)]
    for index, experiment in enumerate(settings.experiments):
        if experiment.feature_lift:
            lift = np.array([*experiment.feature_lift, 0.0])[assigned.arm[:, index]]
            person = np.repeat(np.arange(len(lift)), rng.poisson(lift))
            time = assigned.time[person, index] + rng.integers(
                10 * SECOND, 20 * MINUTE, len(person)
            )
            parts.append(Events(person, assigned.slot[person, index], time))
    return _join(parts)


def view_pages(rng: np.random.Generator, sessions: Sessions, settings: Settings) -> Events:
    """Draw page calls: at the start of later sessions, of some first ones, and a few more.

    Args:
        rng: Source of randomness.
        sessions: Sessions.
        settings: Behaviour.

    Returns:
        Page calls before END.
    """
    behaviour, count = settings.behaviour, len(sessions.person)
    calls = ~sessions.is_first | (rng.random(count) < behaviour.first_session_pages)
    more = rng.poisson(np.where(sessions.is_first, 0, behaviour.extra_pages))
    rows = np.flatnonzero(calls)
    extra = np.repeat(np.arange(count), more)
    time = np.concatenate(
        [
            sessions.time[rows] + rng.integers(0, 500, len(rows)),
            sessions.time[extra] + rng.integers(5 * SECOND, 20 * MINUTE, len(extra)),
        ]
    )
    rows = np.concatenate([rows, extra])
    return _join([Events(sessions.person[rows], sessions.slot[rows], time)])


def order_cents(rng: np.random.Generator, count: int, settings: Settings) -> np.ndarray:
    """Draw the revenue of orders, log-normal.

    Args:
        rng: Source of randomness.
        count: How many orders.
        settings: Behaviour.

    Returns:
        Revenue in cents of EUR (int64), at least 100.
    """
    behaviour = settings.behaviour
    revenue = rng.lognormal(behaviour.order_log_mean, behaviour.order_log_sd, count)
    return np.maximum(np.rint(revenue * 100).astype(np.int64), 100)


def _lags(rng: np.random.Generator, count: int, mean_days: float) -> np.ndarray:
    """Draw times until an effect, ms: at least a second, none later than `LONGEST_LAG`."""
    days = rng.exponential(mean_days, count)
    return (np.where(days > LONGEST_LAG, days % LONGEST_LAG, days) * DAY).astype(np.int64) + SECOND


def _maybe(
    rng: np.random.Generator, since: np.ndarray, chance: np.ndarray, mean_days: float
) -> np.ndarray:
    """Draw for each person whether and when something happens after a time."""
    happens = (rng.random(len(since)) < chance) & (since < NEVER)
    return np.where(happens, since + _lags(rng, len(since), mean_days), NEVER)


def _after(
    rng: np.random.Generator,
    people: People,
    since: np.ndarray,
    mean: np.ndarray,
    settings: Settings,
) -> Events:
    """Draw a number of events per person after a time, on any device."""
    person = np.repeat(np.arange(len(people)), rng.poisson(np.where(since < NEVER, mean, 0.0)))
    time = since[person] + _lags(rng, len(person), 2.5)
    return Events(person, slots_at(rng, people, person, time, settings), time)


def _join(parts: list[Events]) -> Events:
    """Put events together and drop those that are not within the eight weeks."""
    person = np.concatenate([part.person for part in parts])
    slot = np.concatenate([part.slot for part in parts])
    time = np.concatenate([part.time for part in parts])
    kept = (time >= START) & (time < END)
    return Events(person[kept], slot[kept], time[kept])
