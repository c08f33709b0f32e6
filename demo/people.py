"""Who there is: people, their devices and anonymous ids, and their sessions.

A person has up to five anonymous ids, called slots: 0 first device, 1 first device after it lost
its cookie, 2 and 3 the same of the second device, 4 a kiosk in a shop.
"""

from dataclasses import dataclass

import numpy as np

from demo import ids
from demo.config import DAY, END, HOUR, MINUTE, SECOND, START, Settings

NEVER = np.int64(1) << np.int64(60)
"""A time that never comes."""

KIOSK = 4
COUNTRIES = ("DE", "FR", "GB", "US", "NL")
SOURCES = ("google", "newsletter", "instagram")


@dataclass
class People:
    """The people of one chunk; every array has one entry (or row) per person.

    Attributes:
        first: Number of the first person; the others follow.
        customer: Customer from before the eight weeks.
        no_sign_up: Never signs up.
        second: Has a second device.
        cookie_lost: Time at which each of two devices gets a new anonymous id, ms.
        anonymous: Code of the anonymous id of each slot.
        user: Code of the user id.
        always_in: Slots on which the person logs in at the start of every session.
        skew: What the clock of each slot is ahead, ms.
        mobile: Whether each slot is a phone.
        propensity: Multiplies the person's orders, and a customer's later sessions; mean 1.
        country: Index into `COUNTRIES`.
        source: Index into `SOURCES`, -1 for none.
        has_email: Identify calls carry an e-mail address.
        pro: On the paid plan.
        kiosks: Number of kiosks of the chunk.
        families: Number of family devices of the chunk.
    """

    first: int
    customer: np.ndarray
    no_sign_up: np.ndarray
    second: np.ndarray
    cookie_lost: np.ndarray
    anonymous: np.ndarray
    user: np.ndarray
    always_in: np.ndarray
    skew: np.ndarray
    mobile: np.ndarray
    propensity: np.ndarray
    country: np.ndarray
    source: np.ndarray
    has_email: np.ndarray
    pro: np.ndarray
    kiosks: int
    families: int

    def __len__(self) -> int:
        """Count the people."""
        return len(self.customer)


@dataclass
class Sessions:
    """Sessions in the order of person and time.

    Attributes:
        person: Index of the person in the chunk.
        slot: Slot the session is on.
        time: Start, ms since 1970 UTC.
        is_first: First session of the person.
    """

    person: np.ndarray
    slot: np.ndarray
    time: np.ndarray
    is_first: np.ndarray


def make_people(
    rng: np.random.Generator, first: int, count: int, settings: Settings
) -> tuple[People, np.ndarray, np.ndarray]:
    """Draw people and their devices.

    Args:
        rng: Source of randomness.
        first: Number of the first person.
        count: How many people.
        settings: Behaviour and fault rates.

    Returns:
        The people, and the person index of each kiosk visit with the time of the visit (ms).
    """
    behaviour, faults = settings.behaviour, settings.faults
    number = np.arange(first, first + count, dtype=np.int64)
    customer = rng.random(count) < behaviour.customers
    lost = rng.random((count, 2)) < behaviour.loses_cookie
    lost_at = START + (rng.random((count, 2)) * (END - START)).astype(np.int64)
    phone_first = rng.random(count) < behaviour.mobile
    people = People(
        first=first,
        customer=customer,
        no_sign_up=customer.copy(),
        second=rng.random(count) < behaviour.second_device,
        cookie_lost=np.where(lost, lost_at, NEVER),
        anonymous=ids.code(ids.ANONYMOUS, number[:, None] * ids.SLOTS + np.arange(5)),
        user=ids.code(ids.USER, number),
        always_in=np.zeros((count, 5), dtype=bool),
        skew=_clock_skew(rng, count, faults.wrong_clock),
        mobile=np.stack(
            [phone_first, phone_first, ~phone_first, ~phone_first, np.zeros(count, bool)], axis=1
        ),
        propensity=rng.gamma(0.8, 1.25, count),
        country=rng.choice(len(COUNTRIES), count, p=[0.4, 0.2, 0.15, 0.15, 0.1]).astype(np.int8),
        source=rng.choice(len(SOURCES) + 1, count, p=[0.25, 0.1, 0.1, 0.55]).astype(np.int8),
        has_email=rng.random(count) < behaviour.has_email,
        pro=rng.random(count) < 0.3,
        kiosks=0,
        families=0,
    )
    people.source[people.source == len(SOURCES)] = -1
    visitor, visit_time = _share_devices(rng, people, settings)
    return people, visitor, visit_time


def make_sessions(
    rng: np.random.Generator,
    people: People,
    kiosk_person: np.ndarray,
    kiosk_time: np.ndarray,
    settings: Settings,
) -> Sessions:
    """Draw the sessions: one for everybody, and later ones that become rarer with time.

    Args:
        rng: Source of randomness.
        people: Who there is.
        kiosk_person: Person of each visit to a kiosk.
        kiosk_time: Its time, ms.
        settings: Behaviour.

    Returns:
        Sessions at START <= time < END less half an hour.
    """
    behaviour = settings.behaviour
    count = len(people)
    arrival = np.where(
        people.customer,
        rng.random(count) * (10 * DAY),
        rng.random(count) ** behaviour.arrival_power * (END - START),
    )
    later = rng.poisson(
        np.where(
            people.customer,
            behaviour.later_sessions_customer * people.propensity,
            behaviour.later_sessions * rng.gamma(1.0, 1.0, count),
        )
    )
    returning = np.repeat(np.arange(count), later)
    wait = np.where(
        people.customer[returning],
        rng.random(len(returning)) * (END - START),
        2 * HOUR + rng.exponential(behaviour.return_days * DAY, len(returning)),
    )
    person = np.concatenate([np.arange(count), returning])
    time = START + np.concatenate([arrival, arrival[returning] + wait]).astype(np.int64)
    kept = time < END - 30 * MINUTE
    person, time = person[kept], time[kept]
    slot = slots_at(rng, people, person, time, settings)
    person = np.concatenate([person, kiosk_person])
    time = np.concatenate([time, kiosk_time])
    slot = np.concatenate([slot, np.full(len(kiosk_person), KIOSK, np.int8)])
    # A person has less than 2 ** 33 ms, so one sort of person and time together is enough.
    order = np.argsort((person << np.int64(33)) | (time - START), kind="stable")
    person, time, slot = person[order], time[order], slot[order]
    is_first = np.ones(len(person), dtype=bool)
    is_first[1:] = person[1:] != person[:-1]
    return Sessions(person, slot, time, is_first)


def slots_at(
    rng: np.random.Generator,
    people: People,
    person: np.ndarray,
    time: np.ndarray,
    settings: Settings,
) -> np.ndarray:
    """Choose the device that a person uses at a time, and so the anonymous id.

    Args:
        rng: Source of randomness.
        people: Who there is.
        person: Person of each event.
        time: Its time, ms.
        settings: Behaviour.

    Returns:
        Slots 0 to 3 (int8).
    """
    use = rng.random(len(person)) < settings.behaviour.second_device_use
    device = (use & people.second[person]).astype(np.int8)
    return (2 * device + (time >= people.cookie_lost[person, device])).astype(np.int8)


def _clock_skew(rng: np.random.Generator, count: int, rate: float) -> np.ndarray:
    """Draw what clocks are ahead: hours, days or years, for a share of the devices."""
    unit = rng.choice(np.array([HOUR, DAY, 365 * DAY]), (count, 2))
    sign = rng.choice(np.array([-1, 1]), (count, 2))
    skew = sign * unit * rng.integers(2, 9, (count, 2)) + rng.integers(0, 600 * SECOND, (count, 2))
    skew = np.where(rng.random((count, 2)) < rate, skew, 0)
    return np.concatenate([np.repeat(skew, 2, axis=1), np.zeros((count, 1), np.int64)], axis=1)


def _share_devices(
    rng: np.random.Generator, people: People, settings: Settings
) -> tuple[np.ndarray, np.ndarray]:
    """Give some customers a common anonymous id: families of two, and the users of kiosks."""
    faults, count = settings.faults, len(people)
    customers = rng.permutation(np.flatnonzero(people.customer))
    families = min(round(count * faults.families), len(customers) // 4)
    one, two = customers[:families], customers[families : 2 * families]
    people.anonymous[two, 0] = people.anonymous[one, 0]
    for member in (one, two):
        people.always_in[member, 0] = True
        people.cookie_lost[member, 0] = NEVER
        people.skew[member, :2] = 0
    others = customers[2 * families :]
    strangers = np.flatnonzero(~people.customer)
    kiosks = min(round(count * faults.kiosks), len(others) // 8, len(strangers))
    size = rng.integers(4, 9, kiosks)
    users = others[: size.sum()]
    host = np.repeat(strangers[:kiosks], size)
    people.anonymous[users, KIOSK] = people.anonymous[host, KIOSK]
    people.always_in[users, KIOSK] = True
    people.no_sign_up[strangers[:kiosks]] = True
    people.kiosks, people.families = kiosks, families
    person = np.concatenate([users, strangers[:kiosks]])
    time = START + (rng.random(len(person)) * (END - START - HOUR)).astype(np.int64)
    return person, time
