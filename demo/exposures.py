"""Who is assigned which variant, where and when, and how often that is sent."""

from dataclasses import dataclass, fields

import numpy as np

from demo.config import BLANK, END, HOUR, MINUTE, PREVIEW, SECOND, START, Experiment, Settings
from demo.people import KIOSK, NEVER, People, Sessions

NORMAL, EARLY, UNKNOWN, BLANK_VARIANT, BLANK_ID = range(5)
"""Kinds of exposure rows."""


@dataclass
class Exposures:
    """Exposure messages; one entry per message.

    Attributes:
        experiment: Index into `Settings.experiments`.
        person: Index of the person in the chunk.
        slot: Slot it was sent from.
        assigned: True time of assignment, ms.
        time: Time of the event, ms; later than `assigned` when dispatched later.
        variant: Index into `Settings.variants`, -1 for null.
        has_assigned_at: The sender adds the time of assignment.
        kind: `NORMAL` or a fault.
    """

    experiment: np.ndarray
    person: np.ndarray
    slot: np.ndarray
    assigned: np.ndarray
    time: np.ndarray
    variant: np.ndarray
    has_assigned_at: np.ndarray
    kind: np.ndarray

    def take(self, rows: np.ndarray) -> "Exposures":
        """Select messages.

        Args:
            rows: Indices, or a mask.

        Returns:
            The selected messages, in that order.
        """
        return Exposures(**{item.name: getattr(self, item.name)[rows] for item in fields(self)})


@dataclass
class Assigned:
    """First assignment of each person (rows) to each experiment (columns).

    Attributes:
        time: True time of the first assignment, ms; `NEVER` for none.
        arm: Index of the variant in `Experiment.variants`, -1 for none.
        slot: Slot of the first assignment, -1 for none.
    """

    time: np.ndarray
    arm: np.ndarray
    slot: np.ndarray


def concatenate(parts: list[Exposures]) -> Exposures:
    """Put exposures one after the other.

    Args:
        parts: At least one.

    Returns:
        All of them.
    """
    return Exposures(
        **{
            item.name: np.concatenate([getattr(part, item.name) for part in parts])
            for item in fields(Exposures)
        }
    )


def expose(
    rng: np.random.Generator, people: People, sessions: Sessions, settings: Settings
) -> tuple[Exposures, Assigned, dict[str, int]]:
    """Assign people to variants at their first session on the page, and send the exposures.

    Args:
        rng: Source of randomness.
        people: Who there is.
        sessions: Their sessions.
        settings: Behaviour and fault rates.

    Returns:
        The exposures, each person's first assignments, and counts of what went wrong.
    """
    count, experiments = len(people), settings.experiments
    shape = (count, len(experiments))
    assigned = Assigned(
        np.full(shape, NEVER), np.full(shape, -1, np.int8), np.full(shape, -1, np.int8)
    )
    counts = {
        "crossover": 0,
        "crossover_candidates": 0,
        "lost_people": 0,
        "fired_again": 0,
        "early_assignment": 0,
        "unknown_variant": 0,
    }
    luck = {item.audience or item.id: rng.random(count) for item in experiments}
    parts = []
    for index, experiment in enumerate(experiments):
        eligible = luck[experiment.audience or experiment.id] < experiment.share
        if experiment.new_people_only:
            eligible &= ~people.customer
        arm = rng.integers(0, len(experiment.variants), count).astype(np.int8)
        if experiment.lost:
            lost = eligible & (rng.random(count) < np.array(experiment.lost)[arm])
            counts["lost_people"] += int(lost.sum())
            eligible &= ~lost
        part = _first_exposures(rng, index, experiment, eligible, sessions)
        _cross_over(rng, part, arm, experiment, settings, counts)
        _delay(rng, part, people, settings)
        again = _fire_again(rng, part, experiment)
        counts["fired_again"] += len(again.person)
        tested = _assign_on_purpose(rng, people, index, experiment, part, settings, counts)
        part = concatenate([part, again])
        _remember(assigned, index, experiment, part, settings)
        parts += [part, tested]
    exposures = concatenate(parts)
    return concatenate([exposures, *_blanks(rng, exposures, settings)]), assigned, counts


def _first_exposures(
    rng: np.random.Generator,
    index: int,
    experiment: Experiment,
    eligible: np.ndarray,
    sessions: Sessions,
) -> Exposures:
    """Expose each eligible person once per anonymous id, at the first session on the page."""
    # The last minutes are left free, so that a later exposure is still before the end.
    within = (sessions.time >= experiment.start) & (sessions.time < experiment.end - 2 * MINUTE)
    seen = np.flatnonzero(within & eligible[sessions.person])
    seen = seen[rng.random(len(seen)) < experiment.visit]
    key = sessions.person[seen] * 8 + sessions.slot[seen]
    rows = seen[np.sort(np.unique(key, return_index=True)[1])]
    time = sessions.time[rows] + rng.integers(SECOND, 90 * SECOND, len(rows))
    return Exposures(
        experiment=np.full(len(rows), index, np.int8),
        person=sessions.person[rows],
        slot=sessions.slot[rows],
        assigned=time,
        time=time.copy(),
        variant=np.zeros(len(rows), np.int8),
        has_assigned_at=np.zeros(len(rows), bool),
        kind=np.full(len(rows), NORMAL, np.int8),
    )


def _cross_over(
    rng: np.random.Generator,
    part: Exposures,
    arm: np.ndarray,
    experiment: Experiment,
    settings: Settings,
    counts: dict[str, int],
) -> None:
    """Set the variants; some people get another one on their further anonymous ids."""
    later = np.zeros(len(part.person), dtype=bool)
    later[1:] = part.person[1:] == part.person[:-1]
    candidates = np.unique(part.person[later & (part.slot != KIOSK)])
    chosen = candidates[rng.random(len(candidates)) < settings.faults.crossover]
    shift = np.zeros(len(arm), np.int8)
    shift[chosen] = rng.integers(1, len(experiment.variants), len(chosen))
    arms = arm[part.person]
    arms = np.where(
        later & (part.slot != KIOSK),
        (arms + shift[part.person]) % len(experiment.variants),
        arms,
    )
    names = np.array([settings.variants.index(name) for name in experiment.variants], np.int8)
    part.variant = names[arms]
    counts["crossover"] += len(chosen)
    counts["crossover_candidates"] += len(candidates)


def _delay(rng: np.random.Generator, part: Exposures, people: People, settings: Settings) -> None:
    """Let some senders add the time of assignment, and of these some dispatch the event later."""
    behaviour, count = settings.behaviour, len(part.person)
    part.has_assigned_at = rng.random(count) < behaviour.assigned_at
    late = part.has_assigned_at & (rng.random(count) < behaviour.dispatch_delay)
    late &= people.skew[part.person, part.slot] == 0
    delay = np.where(
        rng.random(count) < 0.8,
        rng.integers(MINUTE, 30 * MINUTE, count),
        rng.integers(HOUR, 20 * HOUR, count),
    )
    part.time = np.where(late & (part.time + delay < END), part.time + delay, part.time)


def _fire_again(rng: np.random.Generator, part: Exposures, experiment: Experiment) -> Exposures:
    """Send exposures again on the next page views, with the time of that page view."""
    times = rng.poisson(experiment.fires_again, len(part.person))
    again = part.take(np.repeat(np.arange(len(part.person)), times))
    again.time = again.time + rng.integers(30 * SECOND, 25 * MINUTE, len(again.time))
    # A sender that fires on every page view knows no other time of assignment than now.
    again.assigned = again.time.copy()
    return again.take(again.time < min(experiment.end, END))


def _assign_on_purpose(
    rng: np.random.Generator,
    people: People,
    index: int,
    experiment: Experiment,
    part: Exposures,
    settings: Settings,
    counts: dict[str, int],
) -> Exposures:
    """Add people who are in the data by mistake: testers before the start, unknown variants."""
    faults = settings.faults
    free = np.ones(len(people), dtype=bool)
    free[part.person] = False
    free &= ~people.always_in.any(axis=1)
    free = rng.permutation(np.flatnonzero(free))
    early = unknown = 0
    if experiment.registered and experiment.table == "experiment_viewed":
        if experiment.start > START:
            early = -(-int(len(people) * faults.early_assignment) // 6)
        if index == 0:
            unknown = int(np.ceil(len(people) * faults.unknown_variant))
    early, unknown = min(early, len(free)), min(unknown, max(len(free) - early, 0))
    counts["early_assignment"] += early
    counts["unknown_variant"] += unknown
    count = early + unknown
    kind = np.repeat(np.array([EARLY, UNKNOWN], np.int8), [early, unknown])
    lowest = max(START, experiment.start - 3 * 24 * HOUR)
    span = np.where(
        kind == EARLY, max(experiment.start - lowest - MINUTE, 1), experiment.end - experiment.start
    )
    base = np.where(kind == EARLY, lowest, experiment.start)
    time = base + (rng.random(count) * (span - MINUTE)).astype(np.int64)
    last, preview = (settings.variants.index(name) for name in (experiment.variants[-1], PREVIEW))
    return Exposures(
        experiment=np.full(count, index, np.int8),
        person=free[:count],
        slot=np.zeros(count, np.int8),
        assigned=time,
        time=time.copy(),
        variant=np.where(kind == EARLY, last, preview).astype(np.int8),
        has_assigned_at=np.zeros(count, bool),
        kind=kind,
    )


def _remember(
    assigned: Assigned,
    index: int,
    experiment: Experiment,
    part: Exposures,
    settings: Settings,
) -> None:
    """Keep the first assignment of each person."""
    order = np.lexsort((part.assigned, part.person))
    person = part.person[order]
    first = np.ones(len(person), dtype=bool)
    first[1:] = person[1:] != person[:-1]
    rows = order[first]
    arm = np.full(len(settings.variants), -1, np.int8)
    for position, name in enumerate(experiment.variants):
        arm[settings.variants.index(name)] = position
    assigned.time[part.person[rows], index] = part.assigned[rows]
    assigned.arm[part.person[rows], index] = arm[part.variant[rows]]
    assigned.slot[part.person[rows], index] = part.slot[rows]


def _blanks(rng: np.random.Generator, exposures: Exposures, settings: Settings) -> list[Exposures]:
    """Send some exposures once more with a blank variant, some with blank ids."""
    faults, parts = settings.faults, []
    # Only this table has a text column that can be blank.
    usable = np.array([item.table == "experiment_viewed" for item in settings.experiments])
    rows = np.flatnonzero((exposures.kind == NORMAL) & usable[exposures.experiment])
    for kind, rate in ((BLANK_VARIANT, faults.blank_variant), (BLANK_ID, faults.blank_id)):
        count = min(int(np.ceil(len(rows) * rate)), len(rows))
        part = exposures.take(np.sort(rng.choice(rows, count, replace=False)))
        part.kind[:] = kind
        if kind == BLANK_VARIANT:
            blank = settings.variants.index(BLANK)
            part.variant = np.where(np.arange(count) % 2 == 0, -1, blank).astype(np.int8)
        parts.append(part)
    return parts
