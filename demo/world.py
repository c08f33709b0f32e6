"""One chunk of the simulated world: people in, raw tables and truth out."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from demo import identity, ids, outcomes, tables, truth
from demo.config import Settings
from demo.exposures import BLANK_ID, BLANK_VARIANT, Exposures, expose
from demo.messages import Delivery, deliver
from demo.outcomes import Events
from demo.people import COUNTRIES, NEVER, SOURCES, People, make_people, make_sessions

CHUNK = 400_000
"""People per chunk: bounds the memory, and is part of what the result depends on."""

MAX_ORDERS = 1 << 23
"""Order numbers per chunk."""

PATHS = ("/", "/blog", "/pricing", "/search", "/cart", "/docs")
DEVICES = ("desktop", "mobile")
LIBRARIES = ("analytics.js", "analytics-ios")
PLANS = ("free", "pro")


@dataclass
class Chunk:
    """What one chunk of people leaves behind.

    Attributes:
        tables: Raw tables by name.
        truth: Truth tables by name.
        counts: Counts of faults.
    """

    tables: dict[str, pa.Table]
    truth: dict[str, pa.Table]
    counts: dict[str, int]


def simulate(seed: int, chunk: int, first: int, count: int, settings: Settings) -> Chunk:
    """Simulate a chunk of people, independently of the other chunks.

    Args:
        seed: Seed of the simulation.
        chunk: Number of the chunk.
        first: Number of its first person.
        count: How many people.
        settings: Behaviour and fault rates.

    Returns:
        Raw tables and truth.

    Raises:
        ValueError: If there are more people or orders than ids.
    """
    if first + count > ids.MAX_PEOPLE:
        raise ValueError(f"at most {ids.MAX_PEOPLE} users can be simulated")
    return _Simulation(seed, chunk, first, count, settings).run()


class _Simulation:
    """The steps of one chunk, and what they share."""

    def __init__(self, seed: int, chunk: int, first: int, count: int, settings: Settings):
        self.seed, self.chunk, self.settings = seed, chunk, settings
        self.schemas = tables.schemas(settings)
        self.rng = np.random.default_rng([seed, chunk])
        self.message_ids = ids.MessageIds(seed, chunk)
        self.counter = truth.Counter()
        self.tables: dict[str, pa.Table] = {}
        self.people, *kiosk = make_people(self.rng, first, count, settings)
        self.sessions = make_sessions(self.rng, self.people, *kiosk, settings)
        self.seen = truth.Seen(np.full((count, 5), NEVER), np.zeros(count, bool))

    def run(self) -> Chunk:
        """Simulate everything in the order of cause and effect."""
        rng, people, sessions, settings = self.rng, self.people, self.sessions, self.settings
        exposures, assigned, counts = expose(rng, people, sessions, settings)
        self.counter.add(counts)
        signed_up = outcomes.sign_up(rng, people, assigned, sessions, settings)
        new = np.flatnonzero(signed_up < NEVER)
        slot = np.zeros(len(people), np.int8)
        slot[new] = outcomes.slots_at(rng, people, new, signed_up[new], settings)
        self.logins = identity.log_in(rng, people, sessions, signed_up, slot, settings)

        sign_ups = Events(new, slot[new], signed_up[new])
        orders = outcomes.order(rng, people, assigned, sessions, settings)
        uses = outcomes.use_features(rng, assigned, sessions, settings)
        pages = outcomes.view_pages(rng, sessions, settings)

        self._exposures(exposures)
        self._sign_ups(sign_ups)
        order_ids, cents = self._orders(orders)
        self._uses(uses)
        self._pages(pages)
        self._identifies(exposures, assigned)
        via_email = self._aliases()
        self.tables["tracks"] = pa.concat_tables(
            self.tables[name].select(self.schemas["tracks"].names) for name in tables.EVENTS
        )
        self.counter.add({"kiosks": people.kiosks, "family_devices": people.families})

        knowledge = truth.know(people, self.logins, self.seen)

        def canonical(events: Events | Exposures) -> np.ndarray:
            return truth.canonical_of(people, knowledge, events, self._user(events))

        def conversions(events: Events, time: str, **columns: pa.Array) -> pa.Table:
            return truth.events_table(events, canonical(events), time, people, self.seed, **columns)

        by_person, observed = truth.assignment_tables(
            people, exposures, canonical(exposures), settings, self.seed
        )
        return Chunk(
            tables={name: self.tables[name] for name in self.schemas},
            truth={
                "people": truth.people_table(people, self.seen, knowledge, signed_up, self.seed),
                "identifiers": truth.identifiers_table(
                    people, self.seen, knowledge, via_email, self.seed
                ),
                "assignments": by_person,
                "observed_assignments": observed,
                "orders": conversions(
                    orders, "ordered_at", order_id=order_ids, revenue=pa.array(cents / 100)
                ),
                "sign_ups": conversions(sign_ups, "signed_up_at"),
                "feature_uses": conversions(uses, "used_at"),
            },
            counts=self.counter.counts,
        )

    def _user(self, events: Events | Exposures) -> np.ndarray:
        """Look up the user id that events carry."""
        return identity.user_at(self.people, self.logins, events.person, events.slot, events.time)

    def _send(
        self, events: Events, anonymous: np.ndarray | None = None, user: np.ndarray | None = None
    ) -> tuple[Delivery, dict[str, pa.Array]]:
        """Deliver events and make the columns that every call has."""
        if anonymous is None:
            anonymous = self.people.anonymous[events.person, events.slot]
        if user is None:
            user = self._user(events)
        is_real = anonymous >= 0
        self.seen.add(
            Events(events.person[is_real], events.slot[is_real], events.time[is_real]),
            (user >= 0)[is_real],
        )
        delivery = deliver(self.rng, self.people, events, self.message_ids, self.settings)
        self.counter.add(delivery.counts)
        return delivery, tables.message_columns(delivery, anonymous, user, self.seed)

    def _track(self, name: str, columns: dict[str, pa.Array], payload: dict[str, pa.Array]) -> None:
        """Keep the table of one track event."""
        event = tables.track_columns(name, len(columns["id"]))
        self.tables[name] = tables.build(self.schemas[name], {**columns, **event, **payload})

    def _exposures(self, exposures: Exposures) -> None:
        """Send the exposures to their tables; set the true assignment times to what was sent."""
        people = self.people
        anonymous = people.anonymous[exposures.person, exposures.slot]
        user = self._user(exposures)
        blank = np.flatnonzero(exposures.kind == BLANK_ID)
        anonymous[blank] = np.array([ids.NULL, -2, -3, -5])[np.arange(len(blank)) % 4]
        user[blank] = ids.NULL
        self.counter.add(
            {
                "blank_variant": int((exposures.kind == BLANK_VARIANT).sum()),
                "blank_id": len(blank),
                "exposures": len(exposures.person),
            }
        )
        experiments = self.settings.experiments
        table_of = np.array([item.table == "ab_test_assigned" for item in experiments])
        in_other = table_of[exposures.experiment]
        for name, rows in (
            ("experiment_viewed", np.flatnonzero(~in_other)),
            ("ab_test_assigned", np.flatnonzero(in_other)),
        ):
            part = exposures.take(rows)
            if name == "ab_test_assigned":
                part.has_assigned_at[:] = False
            events = Events(part.person, part.slot, part.time)
            delivery, columns = self._send(events, anonymous[rows], user[rows])
            # By a right clock the assignment was before the call reached Segment. Without the
            # property, or by a wrong clock, the event's own time is all that one can know.
            skew = people.skew[part.person, part.slot]
            late = part.has_assigned_at & (skew == 0)
            known = np.where(late, part.assigned - delivery.latency, part.time)
            exposures.assigned[rows] = known
            written = np.where(skew == 0, known, part.time - delivery.latency + skew)
            self._track(name, columns, self._exposure_payload(name, part, written, delivery.source))

    def _exposure_payload(
        self, name: str, part: Exposures, assigned_at: np.ndarray, source: np.ndarray
    ) -> dict[str, pa.Array]:
        """Make the property and context columns of exposures."""
        people, part, assigned_at = self.people, part.take(source), assigned_at[source]
        experiments, variants = self.settings.experiments, self.settings.variants
        experiment = choices_of_experiment(part.experiment, [item.id for item in experiments])
        if name == "ab_test_assigned":
            number = np.array([int(word) if word.isdigit() else -1 for word in variants])
            named = [None if item.registered else item.id for item in experiments]
            return {
                "experiment_id": experiment,
                "experiment_name": choices_of_experiment(part.experiment, named),
                "variation_id": pa.array(number[part.variant].astype(np.int64)),
            }
        mobile = people.mobile[part.person, part.slot].astype(np.int8)
        return {
            "experiment_id": experiment,
            "variant": tables.choices(part.variant, variants),
            "assigned_at": tables.times(assigned_at, ~part.has_assigned_at),
            "context_page_path": choices_of_experiment(
                part.experiment, [item.page for item in experiments]
            ),
            "context_device_type": tables.choices(mobile, DEVICES),
            "context_campaign_source": tables.choices(people.source[part.person], SOURCES),
            "context_location_country": tables.choices(people.country[part.person], COUNTRIES),
            "context_library_name": tables.choices(mobile, LIBRARIES),
        }

    def _sign_ups(self, events: Events) -> None:
        """Send the sign-ups."""
        delivery, columns = self._send(events)
        method = self.rng.choice(3, len(events.time), p=[0.6, 0.3, 0.1])
        payload = {"method": tables.choices(method[delivery.source], outcomes.METHODS)}
        self._track("signed_up", columns, payload)

    def _orders(self, events: Events) -> tuple[pa.Array, np.ndarray]:
        """Send the orders; return their ids and cents."""
        count = len(events.time)
        if count > MAX_ORDERS:
            raise ValueError(f"at most {MAX_ORDERS} orders per chunk have ids")
        cents = outcomes.order_cents(self.rng, count, self.settings)
        draw = self.rng.random(count)
        coupon = np.where(draw < self.settings.behaviour.coupon, self.rng.integers(0, 2, count), -1)
        number = self.chunk * MAX_ORDERS + np.arange(count)
        delivery, columns = self._send(events)
        source = delivery.source
        payload = {
            "order_id": ids.order_text(number[source], self.seed),
            "revenue": pa.array(cents[source] / 100),
            "currency": tables.choices(np.zeros(len(source)), ("EUR",)),
            "coupon": tables.choices(coupon[source], outcomes.COUPONS),
        }
        self._track("order_completed", columns, payload)
        return ids.order_text(number, self.seed), cents

    def _uses(self, events: Events) -> None:
        """Send the feature uses."""
        delivery, columns = self._send(events)
        feature = self.rng.integers(0, len(outcomes.FEATURES), len(events.time))
        payload = {"feature_name": tables.choices(feature[delivery.source], outcomes.FEATURES)}
        self._track("feature_used", columns, payload)

    def _pages(self, events: Events) -> None:
        """Send the page calls."""
        delivery, columns = self._send(events)
        path = self.rng.integers(0, len(PATHS), len(events.time))
        columns["context_page_path"] = tables.choices(path[delivery.source], PATHS)
        self.tables["pages"] = tables.build(self.schemas["pages"], columns)

    def _identifies(self, exposures: Exposures, assigned: object) -> None:
        """Send the identify calls, and keep the latest traits of each user."""
        calls = identity.identify(
            self.rng, self.people, self.sessions, self.logins, exposures, assigned, self.settings
        )
        delivery, columns = self._send(calls.events, calls.anonymous, calls.user)
        self.counter.add(
            {
                "loose_trait": int(calls.is_loose.sum()),
                "wrong_trait": calls.wrong,
                "blocked_identify": int(((calls.anonymous < 0) | (calls.user < 0)).sum()),
            }
        )
        source = delivery.source
        person, user = calls.events.person[source], calls.user[source]
        email = np.where(
            (user >= 0) & self.people.has_email[person],
            ids.as_kind(ids.EMAIL, np.maximum(user, 0)),
            ids.NULL,
        )
        traits = {"email": email, "plan": (self.people.pro[person] & (user >= 0)).astype(np.int64)}
        for index, experiment in enumerate(self.settings.registered):
            traits[experiment.trait_column] = calls.traits[source, index].astype(np.int64)
        loose = calls.is_loose[source]
        name = self.settings.registered[0].trait_column
        traits[self.settings.loose_trait] = np.where(loose, traits[name], -1)
        traits[name] = np.where(loose, -1, traits[name])
        columns.update(self._trait_columns(traits))
        self.tables["identifies"] = tables.build(self.schemas["identifies"], columns)
        self._users(user, delivery.received, traits)

    def _trait_columns(self, traits: dict[str, np.ndarray]) -> dict[str, pa.Array]:
        """Write trait codes as columns."""
        loose, registered = self.settings.loose_trait, self.settings.registered
        columns = {
            "email": ids.render(traits["email"], self.seed),
            "plan": tables.choices(traits["plan"], PLANS),
            loose: tables.choices(traits[loose], registered[0].variants),
        }
        for experiment in registered:
            arm = traits[experiment.trait_column]
            if experiment.variants[0].isdigit():
                columns[experiment.trait_column] = pa.array(arm, pa.int64(), mask=arm < 0)
            else:
                columns[experiment.trait_column] = tables.choices(arm, experiment.variants)
        return columns

    def _users(self, user: np.ndarray, received: np.ndarray, traits: dict) -> None:
        """Keep the latest value of each trait of each user, in the order of arrival."""
        order = np.lexsort((received, user))
        codes, received = user[order], received[order]
        last = np.ones(len(codes), dtype=bool)
        last[:-1] = codes[1:] != codes[:-1]
        ends = np.flatnonzero(last)
        starts = np.r_[0, ends[:-1] + 1] if len(ends) else ends
        latest = {}
        for name, values in traits.items():
            values = values[order]
            row = np.maximum.accumulate(np.where(values >= 0, np.arange(len(values)), -1))[ends]
            latest[name] = np.where(row >= starts, values[row], -1)
        self.tables["users"] = tables.build(
            self.schemas["users"],
            {
                "id": ids.render(codes[ends], self.seed),
                "received_at": tables.times(received[ends]),
                "uuid_ts": tables.times(tables.loaded_at(received[ends])),
                **self._trait_columns(latest),
            },
        )

    def _aliases(self) -> np.ndarray:
        """Send the alias calls; return the people whose e-mail address is an identifier."""
        calls = identity.alias(
            self.rng,
            self.people,
            self.sessions,
            self.logins,
            self.settings,
            with_cycle=self.chunk == 0,
        )
        self.counter.add(calls.counts)
        delivery, columns = self._send(calls.events, calls.anonymous, calls.user)
        columns["previous_id"] = ids.render(calls.previous[delivery.source], self.seed)
        self.tables["aliases"] = tables.build(self.schemas["aliases"], columns)
        return calls.via_email


def choices_of_experiment(experiment: np.ndarray, words: list[str | None]) -> pa.Array:
    """Make a text column with one word per experiment.

    Args:
        experiment: Index of the experiment per row.
        words: Word of each experiment, or None for null.

    Returns:
        The text, dictionary encoded.
    """
    distinct = tuple(dict.fromkeys(word for word in words if word is not None))
    code = np.array([-1 if word is None else distinct.index(word) for word in words])
    return tables.choices(code[experiment], distinct)


__all__ = ["CHUNK", "Chunk", "People", "choices_of_experiment", "simulate"]
