"""A random world of users who are in several experiments at once, and what pandas makes of it."""

from __future__ import annotations

import datetime as dt
import functools
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from tests.python.harness.warehouse import Warehouse

START = pd.Timestamp("2026-03-01")
AS_OF = dt.datetime(2026, 5, 1)
WINDOW = pd.Timedelta(days=14)
CAP = 0.9

SUM = {"type": "sum", "event": "order_completed", "value": "revenue"}
METRICS = {
    "converted": {"type": "conversion", "event": "order_completed"},
    "orders": {"type": "count", "event": "order_completed"},
    "revenue": SUM,
    "capped": SUM | {"cap_percentile": CAP},
    "sessions": {"type": "count", "event": "session_started"},
    "order_value": {"type": "ratio", "numerator": "revenue", "denominator": "orders"},
    "retention": {"type": "retention", "window_days": 14},
    "nothing": {"type": "count", "event": "never_sent"},
}
FUNNELS = [
    {
        "name": "purchase",
        "window_days": 10,
        "steps": [{"event": "session_started"}, {"event": "order_completed"}, {"event": "shared"}],
    },
    {
        "name": "again",
        "mature_only": True,
        "steps": [{"event": "order_completed"}, {"event": "order_completed"}],
    },
]
ATTRIBUTION = {"lookback_days": 20, "half_life_days": 3}


@dataclass(frozen=True, eq=False)
class World:
    """Users, their assignments and their events.

    Args:
        assignments: columns user, experiment, variant, at; a row per user and experiment.
        events: columns user, event, at, revenue.
    """

    assignments: pd.DataFrame
    events: pd.DataFrame


def random_world(seed: int, users: int, experiments: int) -> World:
    """A world in which some experiments add to each other, and some users are in few of them.

    The first two experiments have the same assignment, `e_single` has one variant, and nobody is in
    the control of `e_orphan`.

    Args:
        seed: of the random numbers.
        users: number of users.
        experiments: number of experiments, not counting those with a flaw.
    """
    random = np.random.default_rng(seed)
    frames = []
    # Whole hours, so that times often are the same.
    first_seen = random.integers(0, 40 * 24, users)
    for number in range(experiments):
        arms = ["control", "b", "c", "d"][: random.integers(2, 5)]
        is_in = random.random(users) < (0.9 if number < 4 else 0.4)
        frames.append(
            (f"e{number:02}", is_in, np.array(arms)[random.integers(0, len(arms), users)])
        )
    frames.append(("e00-twin", frames[0][1], frames[0][2]))
    frames.append(("e_single", random.random(users) < 0.3, np.full(users, "b")))
    frames.append(
        ("e_orphan", random.random(users) < 0.3, np.array(["x", "y"])[random.integers(0, 2, users)])
    )
    rows = []
    for name, is_in, variant in frames:
        hours = first_seen + random.integers(0, 10 * 24, users) * (random.random(users) < 0.7)
        at = START + pd.to_timedelta(hours, unit="h")
        rows.append(
            pd.DataFrame(
                {"user": np.arange(users), "experiment": name, "variant": variant, "at": at}
            )[is_in]
        )
    assignments = pd.concat(rows, ignore_index=True)
    treated = assignments.assign(treated=assignments.variant != "control").pivot_table(
        index="user", columns="experiment", values="treated", fill_value=0
    )
    treated = treated.reindex(np.arange(users), fill_value=0)
    rate = 0.6 + 0.5 * treated["e01"] + 0.4 * treated["e02"] * treated["e03"]
    events = []
    for event, mean in (("order_completed", rate * 1.2), ("session_started", 2.0), ("shared", 0.8)):
        owner = np.repeat(np.arange(users), random.poisson(mean, users))
        hours = first_seen[owner] + random.integers(-5 * 24, 25 * 24, len(owner))
        events.append(
            pd.DataFrame(
                {
                    "user": owner,
                    "event": event,
                    "at": START + pd.to_timedelta(hours, unit="h"),
                    "revenue": np.round(random.lognormal(3, 1, len(owner)), 2),
                }
            )
        )
    return World(assignments, pd.concat(events, ignore_index=True))


def load(warehouse: Warehouse, world: World) -> None:
    """Write the raw tables as Segment does, and the registry."""

    def table(frame: pd.DataFrame, prefix: str, **columns: object) -> pa.Table:
        return pa.Table.from_pandas(
            pd.DataFrame(
                {
                    "id": prefix + frame.index.astype(str),
                    "user_id": "u" + frame.user.astype(str),
                    "timestamp": frame["at"].astype("datetime64[us]"),
                    "received_at": frame["at"].astype("datetime64[us]"),
                    **columns,
                }
            ),
            preserve_index=False,
        )

    exposures = world.assignments
    warehouse.load(
        "experiment_viewed",
        table(exposures, "x", experiment_id=exposures.experiment, variant=exposures.variant),
    )
    for event, rows in world.events.groupby("event"):
        warehouse.load(event, table(rows, event, revenue=rows.revenue))
    warehouse.register(
        [("e_orphan", "control", None, None, None), ("e_single", "control", None, None, None)],
        [("e_orphan", variant, None) for variant in ("control", "x", "y")]
        + [("e_single", variant, None) for variant in ("control", "b")],
    )


def settings() -> dict:
    """The settings that the world is analysed with."""
    return {
        "metrics": [{"name": name} | keys for name, keys in METRICS.items()],
        "activity": ["session_started"],
        "exposure_events": [{"table": "experiment_viewed"}],
        "funnels": FUNNELS,
        "attribution": ATTRIBUTION,
        "as_of": str(AS_OF),
    }


def values(world: World) -> pd.DataFrame:
    """Each user's value of each metric in each experiment.

    Returns:
        Columns user, experiment, variant, at, is_mature, and a column per metric (a ratio has its
        parts, `revenue` and `orders`).
    """
    frame = world.assignments.copy()
    joined = frame.reset_index().merge(world.events, on="user", suffixes=("", "_event"))
    age = joined.at_event - joined["at"]
    is_known = joined.at_event <= pd.Timestamp(AS_OF)
    joined = joined[(age >= pd.Timedelta(0)) & (age < WINDOW) & is_known]
    orders = joined[joined.event == "order_completed"].groupby("index")
    sessions = joined[joined.event == "session_started"].groupby("index").size()
    frame["orders"] = orders.size().reindex(frame.index, fill_value=0).astype(float)
    frame["revenue"] = orders.revenue.sum().reindex(frame.index, fill_value=0.0)
    frame["sessions"] = sessions.reindex(frame.index, fill_value=0).astype(float)
    frame["converted"] = (frame.orders > 0) * 1.0
    frame["retention"] = (frame.sessions > 0) * 1.0
    frame["nothing"] = 0.0
    caps = frame.groupby("experiment").revenue.transform(lambda column: np.quantile(column, CAP))
    frame["capped"] = np.minimum(frame.revenue, caps)
    frame["is_mature"] = frame["at"] + WINDOW <= AS_OF
    return frame


def linearised(frame: pd.DataFrame, metric: str) -> pd.Series:
    """The values of a metric.

    Those of a ratio are such that their mean is 0 and their variance that of
    the ratio, by the delta method.
    """
    if METRICS[metric]["type"] != "ratio":
        return frame[metric]
    ratio = frame.revenue.sum() / frame.orders.sum()
    return (frame.revenue - ratio * frame.orders) / frame.orders.mean()


def eligible(frame: pd.DataFrame, metric: str) -> pd.DataFrame:
    """The rows that take part in a metric: retention waits for the end of the window."""
    return frame[frame.is_mature] if METRICS[metric]["type"] == "retention" else frame


def events_of(world: World, user: int) -> list[tuple[pd.Timestamp, str]]:
    """The events of a user up to the time of the analysis, in the order of their times."""
    return _timelines(world).get(user, [])


@functools.cache
def _timelines(world: World) -> dict[int, list[tuple[pd.Timestamp, str]]]:
    known = world.events[world.events["at"] <= pd.Timestamp(AS_OF)]
    return {
        user: sorted(zip(rows["at"], rows["event"], strict=True))
        for user, rows in known.groupby("user")
    }
