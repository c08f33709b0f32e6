"""How a message travels: client clock, queue, arrival, and sometimes a second arrival."""

from dataclasses import dataclass

import numpy as np

from demo.config import DAY, END, HOUR, SECOND, Settings
from demo.ids import MessageIds
from demo.outcomes import Events
from demo.people import People


@dataclass
class Delivery:
    """Deliveries; one entry per row of the raw table. Times are ms since 1970 UTC.

    ``timestamp == received - (sent - original)`` in every entry.

    Attributes:
        source: Index of the message that is delivered.
        id: Message id, for `demo.ids.message_text`.
        original: Client clock at the call.
        sent: Client clock when it was sent.
        received: Clock of Segment on arrival.
        timestamp: Time of the event, corrected for the client's clock.
        latency: How long before `timestamp` the call was made by a right clock, per message.
        counts: What went wrong how often.
    """

    source: np.ndarray
    id: np.ndarray
    original: np.ndarray
    sent: np.ndarray
    received: np.ndarray
    timestamp: np.ndarray
    latency: np.ndarray
    counts: dict[str, int]


def deliver(
    rng: np.random.Generator,
    people: People,
    events: Events,
    message_ids: MessageIds,
    settings: Settings,
) -> Delivery:
    """Deliver every event once, some twice.

    Args:
        rng: Source of randomness.
        people: Who there is, for their devices' clocks and phones.
        events: What is sent.
        message_ids: Where new ids come from.
        settings: Fault rates.

    Returns:
        First the deliveries in the order of the events, then the repeated ones.
    """
    faults, count = settings.faults, len(events.time)
    skew = people.skew[events.person, events.slot]
    latency = rng.integers(20, 400, count, dtype=np.int64)
    queue = (rng.standard_exponential(count, dtype=np.float32) * 1500).astype(np.int64) + 5
    late = people.mobile[events.person, events.slot]
    late = late & (rng.random(count, dtype=np.float32) < faults.late_mobile)
    rows = np.flatnonzero(late)
    wait = rng.integers(DAY + SECOND, 6 * DAY, len(rows))
    in_time = events.time[rows] + wait < END
    rows, wait = rows[in_time], wait[in_time]
    queue[rows] = wait

    timestamp = events.time
    original = timestamp - latency + skew
    sent = original + queue
    received = timestamp + queue
    identifier = message_ids.take(count)

    draw = rng.random(count, dtype=np.float32)
    again = np.flatnonzero(draw < faults.redelivered + faults.redelivered_late)
    much_later = draw[again] < faults.redelivered_late
    gap = np.where(
        much_later,
        rng.integers(2 * DAY, 15 * DAY, len(again)),
        rng.integers(SECOND, 20 * HOUR, len(again)),
    )
    fits = received[again] + gap < END
    much_later &= fits
    gap = np.where(fits, gap, rng.integers(SECOND, 60 * SECOND, len(again)))
    # Soon after, the client tries again and stamps it anew; later, Segment gets it again as it was.
    client_gap = np.where(much_later, 0, gap)
    source = np.concatenate([np.arange(count), again])
    return Delivery(
        source=source,
        id=np.concatenate([identifier, identifier[again]]),
        original=np.concatenate([original, original[again]]),
        sent=np.concatenate([sent, sent[again] + client_gap]),
        received=np.concatenate([received, received[again] + gap]),
        timestamp=np.concatenate([timestamp, timestamp[again] + (gap - client_gap)]),
        latency=latency,
        counts={
            "messages": count,
            "redelivered": int((~much_later).sum()),
            "redelivered_late": int(much_later.sum()),
            "late_arrival": len(rows),
            "wrong_clock": int((skew != 0).sum()),
        },
    )
