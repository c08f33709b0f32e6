"""Small worlds, each about one thing that can go wrong when data arrive in batches.

Batches are 0 to 3. A plan of two steps takes 0 and 1 in its first step, 2 and 3 in its second.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.python.worlds.arrival_worlds import (
    REGISTRY,
    START,
    Delivery,
    World,
    alias,
    copy,
    exposure,
    identify,
    message,
    numbered,
    order,
    registered,
)

CASES: dict[str, World] = {
    "the copy that is loaded later arrived earlier": [
        sent := exposure(0, 4, "d", id="e", context_device_type="phone"),
        copy(sent, 3, hours=-5, shifted=True),
    ],
    "the earlier copy says another variant": [
        sent := exposure(0, 4, "d", id="e"),
        copy(sent, 3, hours=-5, variant="control"),
        order(1, 5, "d"),
    ],
    "the earlier copy belongs to somebody else": [
        sent := exposure(0, 4, "d", id="e"),
        copy(sent, 3, hours=-5, anonymous_id="z"),
        order(1, 5, "d"),
        order(1, 5, "z", revenue=2.0),
    ],
    "the earlier copy has no id": [
        sent := exposure(0, 4, "d", id="e"),
        copy(sent, 3, hours=-5, anonymous_id=" "),
    ],
    "a copy weeks later": [
        sent := exposure(0, 4, "d", id="e"),
        copy(sent, 3, hours=500),
        copy(sent, 3, hours=500, shifted=True),
        bought := order(0, 5, "d"),
        copy(bought, 3, hours=500, shifted=True),
    ],
    "the same id in two tables": [
        sent := exposure(0, 4, "d", id="e"),
        Delivery("tracks", 3, {**sent.row}),
        Delivery("ab_test_assigned", 2, {**sent.row, "experiment_name": "colour"}),
    ],
    "rows without an id, again": [
        sent := exposure(0, 4, "d", id=None),
        copy(sent, 3, hours=-5),
        copy(sent, 2, hours=5),
        exposure(3, 4, "d", id=None, variant="control"),
    ],
    "an exposure before the first one": [
        exposure(0, 9, "d", context_device_type="phone"),
        exposure(3, 2, "d", context_device_type="tablet"),
        order(0, 5, "d"),
    ],
    "an exposure at the same time": [
        exposure(0, 9, "d", variant="c"),
        exposure(3, 9, "d", variant="b"),
    ],
    "who was anonymous logs in": [
        exposure(0, 4, "d"),
        exposure(0, 6, "e", variant="control"),
        order(0, 7, "d"),
        identify(3, 5, "d", "m"),
        identify(3, 8, "e", "m"),
    ],
    "an account is merged into another": [
        exposure(0, 4, "d", "m"),
        exposure(0, 4, "e", "x", variant="control"),
        order(0, 5, "e", "x"),
        alias(3, 8, "m", "x"),
    ],
    "a chain grows at both ends": [
        *[exposure(0, day, None, user) for day, user in enumerate("mCxb")],
        *[order(0, day + 1, None, user, 2.0**day) for day, user in enumerate("mCxb")],
        alias(1, 9, "C", "x"),
        alias(2, 9, "m", "C"),
        alias(3, 9, "x", "b"),
    ],
    "a cycle closes": [
        *[exposure(0, 4, None, user) for user in "mCx"],
        alias(0, 9, "m", "C"),
        alias(1, 9, "C", "x"),
        alias(3, 9, "x", "m"),
    ],
    "an older alias says otherwise": [
        *[exposure(0, 4, None, user) for user in "mCx"],
        alias(0, 9, "m", "C"),
        alias(3, 2, "m", "x"),
    ],
    "an administrator is no longer followed": [
        *[exposure(0, 4, None, user) for user in "mCxbZ"],
        alias(0, 9, "m", "C"),
        *[alias(3, 10, "m", user) for user in "xbZ"],
    ],
    "a device becomes shared": [
        exposure(0, 4, "d"),
        identify(0, 5, "d", "m"),
        order(0, 6, "d"),
        *[identify(batch, 9, "d", user) for batch, user in ((1, "C"), (2, "x"), (3, "b"))],
    ],
    "a device is no longer shared": [
        exposure(0, 4, "d"),
        *[identify(0, 5, "d", user) for user in "mCxb"],
        *[alias(3, 9, user, "m") for user in "Cxb"],
    ],
    "an older login claims the device": [
        exposure(0, 4, "d"),
        identify(0, 9, "d", "m"),
        identify(3, 2, "d", "x"),
    ],
    "what was a device is a user, too": [
        alias(0, 4, "g", "m"),
        exposure(0, 5, "g"),
        exposure(0, 5, None, "m", variant="control"),
        order(3, 6, None, "g"),
    ],
    "orders around the window, late": [
        exposure(0, 4, None, "m"),
        *[order(3, day, None, "m", 2.0**day) for day in (2, 4, 17, 18)],
        order(3, 17.999, None, "m", None),
    ],
    "windows pass while nothing happens": [exposure(0, 4, None, "m"), order(0, 12, None, "m")],
    "a trait column comes later": [
        exposure(0, 4, None, "m"),
        identify(0, 5, "d", "x", colour="b"),
        identify(3, 6, "d", "x", **{"price-test": "b"}),
        exposure(3, 7, None, "m", experiment="price-test"),
        exposure(3, 7, None, "m", experiment="price.test"),
    ],
    "an older identify has another trait": [
        exposure(0, 4, None, "m"),
        identify(0, 9, None, "m", colour="control"),
        identify(3, 2, None, "m", colour="b"),
        identify(3, 9, None, "m", colour="b"),
    ],
    "an experiment is registered after its start": [
        *[exposure(0, day, None, user, "cb"[day % 2]) for day, user in enumerate("mCxbZn")],
        registered(3, "colour", variants={"b": 0.5, "c": 0.5}, started_at=START),
    ],
    "an experiment moves and changes its control": [
        registered(0, "colour", variants={"b": 0.5, "c": 0.5}, control_variant="b"),
        *[exposure(0, day, None, user, "cb"[day % 2]) for day, user in enumerate("mCxbZn")],
        registered(
            3,
            "colour",
            variants={"b": 0.4, "c": 0.6},
            control_variant="c",
            started_at=START + timedelta(days=2),
        ),
    ],
    "the activation comes late": [
        registered(0, "colour", activation_event="feature_used"),
        exposure(0, 4, "d"),
        order(0, 6, "d"),
        message("feature_used", 2, 5, "d"),
        message("feature_used", 1, 3, "d"),
    ],
    "times that cannot be": [
        message("experiment_viewed", 0, 4, "d", experiment_id="colour", variant="b"),
        exposure(1, 4, "d", timestamp=None),
        exposure(2, 4, "d", timestamp=datetime(1970, 1, 1), variant="c"),
        exposure(3, 4, "d", assigned_at=START),
        message("order_completed", 3, 5, "d", timestamp=None, revenue=1.0),
    ],
}

# By the prefixes of the worlds.
NAMED = {f"c{number}": numbered(world) for number, world in enumerate(CASES.values())}

# Those in which the registry changes, when a plan lets it.
REGISTRY_CHANGES = {
    prefix: world
    for prefix, world in NAMED.items()
    if any(sent.table == REGISTRY and sent.batch > 0 for sent in world)
}

# Copies of a message that arrived at the same moment and differ: which one counts must not depend
# on the order of rows. So many that no order of rows is right by chance.
TIES: World = [
    delivery
    for number in range(12)
    for sent in [exposure(0, 4, f"d{number}", id=f"e{number}", context_device_type="phone")]
    for bought in [order(0, 5, f"d{number}", id=f"o{number}")]
    for delivery in (
        sent,
        copy(sent, 0, hours=0, context_device_type="tablet"),
        copy(sent, 2, hours=0, assigned_at=START),
        copy(sent, 3, hours=0, context_device_type=None, context_campaign_source="ads"),
        bought,
        copy(bought, 0, hours=0, revenue=2.0),
        copy(bought, 2, hours=0, revenue=None),
        copy(bought, 3, hours=0, revenue=4.0, currency="USD"),
    )
]

# The only change of the registry is an activation event: apart from the others, because any change
# of the registry computes everything again.
ACTIVATION_REGISTERED: World = numbered(
    [
        registered(0, "colour"),
        registered(2, "colour", activation_event="order_completed"),
        exposure(0, 4, "d"),
        order(0, 6, "d"),
        exposure(0, 4, "z", variant="control"),
    ]
)

# Apart from the others, whose arrivals would make the experiment change anyway.
ACTIVATION_TAKEN_BACK: World = numbered(
    [
        registered(0, "colour", activation_event="order_completed"),
        message("pages", 0, 1, "d"),
        exposure(0, 4, "d"),
        activation := order(0, 4.1, "d", id="o"),
        exposure(0, 4, "z", variant="control"),
        order(0, 5, "z"),
        message("pages", 0, 30, "e"),  # All windows have passed.
        # It arrived first, and says that the order was before the assignment.
        copy(activation, 2, hours=-5, shifted=True),
    ]
)
