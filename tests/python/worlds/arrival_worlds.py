"""Small random worlds whose rows arrive in batches: late, twice, out of order.

A world is a list of deliveries. Its ids are plain here (`m`, `colour`) and get a prefix of the
world when they are loaded, so that many worlds share one warehouse without meeting each other.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

Row = dict[str, Any]

START = datetime(2026, 3, 1)
DAYS = 40
BATCHES = 4  # A plan with fewer steps takes several batches in one.

USERS = ("m", "C", "9", "10", "x", "b", "Z", "n")
DEVICES = ("d", "B", "2", "z", "e", "W", "f", "1")
EITHER = ("k",)  # The same text as a user id and as an anonymous id.
GHOSTS = ("g", "7")  # Only ever seen as the previous id of an alias.
NOBODY = (None, None, None, "", " ", "null", " Anonymous", "0")
EXPERIMENTS = ("colour", "price-test", "price.test", "new")  # Two of them share a trait column.
VARIANTS = ("control", "control", "b", "b", "c")
DEVICE_TYPES = (None, "phone", "tablet")

TEXT, TIME = pa.string(), pa.timestamp("us")
MESSAGE = {
    "id": TEXT,
    "anonymous_id": TEXT,
    "user_id": TEXT,
    "timestamp": TIME,
    "received_at": TIME,
    "uuid_ts": TIME,
    "loaded_at": TIME,
    "original_timestamp": TIME,
}
TABLES = {
    "experiment_viewed": {
        "experiment_id": TEXT,
        "variant": TEXT,
        "assigned_at": TIME,
        "context_device_type": TEXT,
        "context_campaign_source": TEXT,
    },
    "ab_test_assigned": {
        "experiment_name": TEXT,
        "variation_name": TEXT,
        "assignment_timestamp": TEXT,
        "country": TEXT,
    },
    "identifies": {"plan": TEXT},
    "aliases": {"previous_id": TEXT},
    "order_completed": {"revenue": pa.float64(), "currency": TEXT},
    "signed_up": {},
    "feature_used": {"feature": TEXT},
    "tracks": {"event": TEXT},
    "pages": {"path": TEXT, "context_session_id": TEXT},
    "screens": {},
}
# Columns of which a plan can say that they come later than their table.
LATE_COLUMNS = (
    "assigned_at",
    "context_device_type",
    "context_campaign_source",
    "assignment_timestamp",
    "country",
    "revenue",
    "currency",
    "original_timestamp",
    "context_session_id",
)
ARRIVAL_COLUMNS = ("loaded_at", "uuid_ts")
REGISTRY = "registry"


@dataclass(frozen=True)
class Delivery:
    """A row that lands in a table.

    Args:
        table: raw table; `registry` for a change of the registry of experiments.
        batch: when it is loaded, from 0 to BATCHES - 1.
        row: columns; `traits` is a dict of experiment and variant, flattened when it is loaded.
    """

    table: str
    batch: int
    row: Row


World = list[Delivery]


# ------------------------------------------------------------------------------------ messages


def message(
    table: str, batch: int, day: float, device: str | None, user: str | None = None, **further: Any
) -> Delivery:
    """A message that was received a minute after it happened, whenever it is loaded."""
    at = START + timedelta(days=day)
    times = {"timestamp": at, "received_at": at + timedelta(minutes=1)}
    return Delivery(table, batch, {"anonymous_id": device, "user_id": user, **times, **further})


def exposure(
    batch: int,
    day: float,
    device: str | None,
    user: str | None = None,
    variant: str | None = "b",
    experiment: str | None = "colour",
    **further: Any,
) -> Delivery:
    fields = {"experiment_id": experiment, "variant": variant, **further}
    return message("experiment_viewed", batch, day, device, user, **fields)


def ab_assigned(
    batch: int,
    day: float,
    device: str | None,
    user: str | None,
    variant: str | None,
    experiment: str | None,
    **further: Any,
) -> Delivery:
    fields = {"experiment_name": experiment, "variation_name": variant, **further}
    return message("ab_test_assigned", batch, day, device, user, **fields)


def identify(
    batch: int, day: float, device: str | None, user: str | None, **traits: str
) -> Delivery:
    return message("identifies", batch, day, device, user, traits=traits)


def alias(
    batch: int, day: float, previous: str | None, user: str | None, device: str | None = None
) -> Delivery:
    return message("aliases", batch, day, device, user, previous_id=previous)


def order(
    batch: int,
    day: float,
    device: str | None,
    user: str | None = None,
    revenue: float | None = 1.0,
    **further: Any,
) -> Delivery:
    fields = {"revenue": revenue, "currency": "EUR", **further}
    return message("order_completed", batch, day, device, user, **fields)


def registered(batch: int, experiment: str, **entry: Any) -> Delivery:
    """An entry of the registry as it is from a batch on.

    Args:
        batch: when it is written.
        experiment: its id.
        entry: columns, and `variants`, a dict of shares; `is_removed` takes it out.
    """
    return Delivery(REGISTRY, batch, {"experiment_id": experiment, **entry})


def copy(
    sent: Delivery, batch: int, hours: float = 1, *, shifted: bool = False, **changes: Any
) -> Delivery:
    """Another delivery of a message.

    Args:
        sent: the message.
        batch: when the copy is loaded.
        hours: between the two arrivals; negative: the copy arrived earlier.
        shifted: Segment computed `timestamp` from the arrival of the copy.
        changes: columns that differ, when a sender gives several messages one id.
    """
    later = timedelta(hours=hours)
    row = {**sent.row, "received_at": sent.row["received_at"] + later}
    if shifted and row["timestamp"] is not None:
        row["timestamp"] += later
    return replace(sent, batch=batch, row={**row, **changes})


def numbered(world: World) -> World:
    """The world with a message id in every row that has none yet."""
    return [
        replace(sent, row={"id": f"i{number}", **sent.row}) if sent.table != REGISTRY else sent
        for number, sent in enumerate(world)
    ]


# ------------------------------------------------------------------------------------ random worlds


@dataclass
class _Cast:
    """Who and what there is in a world, as strategies to draw from."""

    users: list[str]
    devices: list[str]
    experiments: list[str]
    user: st.SearchStrategy = field(init=False)
    device: st.SearchStrategy = field(init=False)
    anything: st.SearchStrategy = field(init=False)
    experiment: st.SearchStrategy = field(init=False)
    variant: st.SearchStrategy = field(init=False)

    def __post_init__(self) -> None:
        spaced = [f" {self.users[0]} ", f"{self.devices[0]} "]
        self.user = st.sampled_from([*self.users * 2, spaced[0], *[None] * 6, *NOBODY])
        self.device = st.sampled_from([*self.devices * 3, spaced[1], *NOBODY])
        everybody = [*self.users * 3, *self.devices, *GHOSTS, *spaced, *NOBODY[3:]]
        self.anything = st.sampled_from(everybody)
        self.experiment = st.sampled_from([*self.experiments * 4, None, " "])
        self.variant = st.sampled_from([*VARIANTS * 3, None, "", " b "])


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """A handful of people with devices, logins, aliases, exposures and what they do."""
    cast = _Cast(
        users=[*USERS[: draw(st.integers(1, len(USERS)))], *EITHER],
        devices=[*DEVICES[: draw(st.integers(1, len(DEVICES)))], *EITHER],
        experiments=list(EXPERIMENTS[: draw(st.integers(1, len(EXPERIMENTS)))]),
    )
    plain = [*_identities(draw, cast), *_registry(draw, cast)]
    for _ in range(draw(st.integers(4, 36))):
        plain.append(_event(draw, cast))
    world = []
    for sent in numbered(plain):
        if sent.table == REGISTRY:
            world.append(sent)
            continue
        first = _as_it_arrives(draw, sent)
        world.append(first)
        # Segment lists every tracked event in the table of all of them, too.
        is_tracked = sent.table in ("experiment_viewed", "order_completed", "signed_up")
        if is_tracked and draw(st.integers(0, 3)) == 0:
            row = {name: value for name, value in first.row.items() if name in MESSAGE}
            batch = draw(st.integers(0, BATCHES - 1))
            world.append(Delivery("tracks", batch, {**row, "event": sent.table}))
        for _ in range(draw(st.sampled_from([0, 0, 0, 0, 1, 1, 2]))):
            world.append(_again(draw, cast, first))
    return list(draw(st.permutations(world)))


def _identities(draw: st.DrawFn, cast: _Cast) -> World:
    """Chains and cycles of aliases, devices that everybody uses, an administrator."""
    world = []
    days, batches = st.integers(0, DAYS), st.integers(0, BATCHES - 1)
    if draw(st.integers(0, 2)) == 0:
        chain = draw(st.permutations(cast.users))[: draw(st.integers(2, len(cast.users)))]
        if draw(st.booleans()):
            chain = [*chain, draw(st.sampled_from(chain))]
        world += [alias(draw(batches), draw(days), *pair) for pair in itertools.pairwise(chain)]
    if draw(st.integers(0, 3)) == 0:
        shared = cast.devices[0]
        world += [identify(draw(batches), draw(days), shared, user) for user in cast.users]
    if draw(st.integers(0, 3)) == 0:
        somebody = cast.users[0]
        world += [alias(draw(batches), draw(days), somebody, user) for user in cast.users]
    return world


def _registry(draw: st.DrawFn, cast: _Cast) -> World:
    """Entries of the registry that come, change and go."""
    world = []
    for experiment in cast.experiments:
        for _ in range(draw(st.sampled_from([0, 0, 1, 1, 2]))):
            variants = draw(
                st.sampled_from(
                    [
                        {},
                        {"control": 0.5, "b": 0.5},
                        {"control": 0.5, "b": 0.25, "c": 0.25},
                        {"b": None, "c": None},
                    ]
                )
            )
            world.append(
                registered(
                    draw(st.integers(0, BATCHES - 1)),
                    experiment,
                    control_variant=draw(st.sampled_from([None, "control", "b"])),
                    started_at=draw(st.sampled_from([None, START, START + timedelta(days=9)])),
                    ended_at=draw(st.sampled_from([None, None, START + timedelta(days=25)])),
                    activation_event=draw(
                        st.sampled_from([None, None, "order_completed", "feature_used"])
                    ),
                    variants=variants,
                    is_removed=draw(st.integers(0, 5)) == 5,
                )
            )
    return world


def _event(draw: st.DrawFn, cast: _Cast) -> Delivery:
    """A message of any kind, in the batch of its day."""
    day = draw(st.integers(0, DAYS * 2)) / 2
    batch = min(BATCHES - 1, int(day * BATCHES / DAYS))
    seen = batch, day, draw(cast.device), draw(cast.user)
    kind = draw(
        st.sampled_from(
            ["exposure"] * 5
            + ["order"] * 4
            + ["identify"] * 3
            + ["alias"] * 2
            + ["assigned", "trait", "signed_up", "feature_used", "tracks", "pages", "pages"]
        )
    )
    if kind in ("exposure", "assigned"):
        return _exposure(draw, cast, kind, seen)
    if kind == "trait":
        experiments = draw(st.lists(cast.experiment, min_size=1, max_size=2))
        traits = {one: draw(cast.variant) for one in experiments if one and one.strip()}
        return identify(*seen, **traits)
    if kind == "identify":
        return identify(*seen)
    if kind == "alias":
        return alias(batch, day, draw(cast.anything), draw(cast.anything), seen[2])
    if kind == "order":
        revenue = draw(st.sampled_from([None, 0.25, 1.0, 2.0, 4.5, 8.0, 50.0, -2.0]))
        currency = draw(st.sampled_from(["EUR", "EUR", "USD", None]))
        return message("order_completed", *seen, revenue=revenue, currency=currency)
    if kind == "pages":
        return message(kind, *seen, context_session_id=draw(st.sampled_from([None, "s", "t"])))
    return message(kind, *seen)


def _exposure(draw: st.DrawFn, cast: _Cast, kind: str, seen: tuple) -> Delivery:
    experiment, variant = draw(cast.experiment), draw(cast.variant)
    at = START + timedelta(days=seen[1])
    ago = draw(st.sampled_from([None, None, 0.0, 1.0, 3.0, 9.0, -2.0]))
    assigned_at = None if ago is None else at - timedelta(days=ago)
    if kind == "assigned":
        text = assigned_at and draw(st.sampled_from([assigned_at.isoformat() + "Z", "soon"]))
        country = draw(st.sampled_from([None, "DE", "FR"]))
        fields = {"assignment_timestamp": text, "country": country}
        return ab_assigned(*seen, variant, experiment, **fields)
    return exposure(
        *seen,
        variant,
        experiment,
        assigned_at=assigned_at,
        context_device_type=draw(st.sampled_from(DEVICE_TYPES)),
        context_campaign_source=draw(st.sampled_from([None, "mail", "ads"])),
    )


def _as_it_arrives(draw: st.DrawFn, sent: Delivery) -> Delivery:
    """The message with clocks that are wrong, an arrival that is late, a load in any batch."""
    row = dict(sent.row)
    arrival = draw(st.sampled_from(["soon"] * 6 + ["at once", "late", "very late", "future"]))
    delay = {
        "soon": timedelta(minutes=1),
        "at once": timedelta(),
        "late": timedelta(days=3),
        "very late": timedelta(days=15),
        "future": -draw(st.sampled_from([timedelta(hours=1), timedelta(days=2)])),
    }[arrival]
    row["received_at"] = row["timestamp"] + delay
    clock = draw(st.sampled_from(["right"] * 9 + ["none", "zero", "skewed"]))
    if clock == "none":
        row["timestamp"] = None
    elif clock == "zero":
        row["timestamp"] = datetime(1970, 1, 1)
    elif clock == "skewed":
        row["original_timestamp"] = row["timestamp"] - timedelta(hours=5)
    if draw(st.integers(0, 11)) == 0:
        row["id"] = None
    batch = sent.batch
    if draw(st.integers(0, 3)) == 0:
        batch = draw(st.integers(0, BATCHES - 1))
    return _loaded(draw, replace(sent, batch=batch, row=row))


def _again(draw: st.DrawFn, cast: _Cast, first: Delivery) -> Delivery:
    """A copy of a message, in any batch; it may differ from the first one."""
    hours = draw(st.sampled_from([0, 1, 30, 24 * 20, -1, -30]))
    batch = draw(st.integers(0, BATCHES - 1))
    again = copy(first, batch, hours, shifted=draw(st.booleans()))
    # A sender that gives several messages one id. Their arrivals differ, so that one is the first.
    if hours != 0 and draw(st.integers(0, 4)) == 0:
        row = {**again.row, "user_id": draw(cast.user)}
        if "variant" in row:
            row["variant"] = draw(cast.variant)
        again = replace(again, row=row)
    return _loaded(draw, again)


def _loaded(draw: st.DrawFn, sent: Delivery) -> Delivery:
    """The row with a time of loading that may be older than that of rows loaded before."""
    usual = _usually_loaded(sent.batch)
    loaded_at = draw(
        st.sampled_from(
            [usual, usual, usual, sent.row["received_at"], START, usual - timedelta(days=8)]
        )
    )
    return replace(sent, row={**sent.row, "uuid_ts": loaded_at, "loaded_at": loaded_at})


def _usually_loaded(batch: int) -> datetime:
    return START + timedelta(days=(batch + 1) * DAYS / BATCHES, hours=3)


def as_loaded(sent: Delivery) -> Delivery:
    """The row with the time of loading of its batch; an entry of the registry has none."""
    if sent.table == REGISTRY:
        return sent
    times = dict.fromkeys(("uuid_ts", "loaded_at"), _usually_loaded(sent.batch))
    return replace(sent, row={**sent.row, **times})


# ------------------------------------------------------------------------------------ loading


def slug(name: str) -> str:
    """The column that Segment makes of a name."""
    return "_".join(re.findall(r"[A-Z0-9]+[a-z0-9]*|[a-z0-9]+", name)).lower()


def with_prefix(prefix: str, text: str | None) -> str | None:
    """An id made the world's own; what identifies nobody stays as it is."""
    bare = (text or "").strip()
    if bare == "" or bare.lower() in ("null", "anonymous", "0"):
        return text
    return text.replace(bare, f"{prefix}-{bare}")


def placed(prefix: str, sent: Delivery) -> Row:
    """The row of a delivery as it lands, its ids with the prefix of its world."""
    row = {**sent.row}
    for column in ("id", "anonymous_id", "user_id", "previous_id", "experiment_id"):
        if column in row:
            row[column] = with_prefix(prefix, row[column])
    if row.get("experiment_name"):
        row["experiment_name"] = with_prefix(prefix, row["experiment_name"])
    for experiment, variant in row.pop("traits", {}).items():
        row[f"experiments_{slug(with_prefix(prefix, experiment))}"] = variant
    return row


def trait_columns(rows: list[Row]) -> set[str]:
    """The columns of traits for which a row has a value."""
    return {
        column
        for row in rows
        for column, value in row.items()
        if column.startswith("experiments_") and value is not None
    }


def raw_table(
    name: str, rows: list[Row], left_out: set[str], further: Iterable[str] = ()
) -> pa.Table:
    """Rows as a table with Segment's types.

    Args:
        name: of the raw table.
        rows: its rows; a trait column is there when a row has a value for it.
        left_out: columns that nobody has sent yet.
        further: columns of traits that are there without a value, too.
    """
    columns = {
        column: kind
        for column, kind in {**MESSAGE, **TABLES[name]}.items()
        if column not in left_out
    }
    traits = dict.fromkeys(sorted({*trait_columns(rows), *further}), TEXT)
    return pa.Table.from_pylist(rows, schema=pa.schema({**columns, **traits}))
