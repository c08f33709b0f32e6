"""The raw tables: their columns, and how arrays become Arrow tables."""

import numpy as np
import pyarrow as pa

from demo import ids
from demo.config import HOUR, MINUTE, Settings
from demo.messages import Delivery

TEXT, TIME, INTEGER, REAL = pa.string(), pa.timestamp("ms"), pa.int64(), pa.float64()

MESSAGE = [
    ("id", TEXT),
    ("anonymous_id", TEXT),
    ("user_id", TEXT),
    ("original_timestamp", TIME),
    ("sent_at", TIME),
    ("received_at", TIME),
    ("timestamp", TIME),
    ("uuid_ts", TIME),
]
TRACK = [*MESSAGE, ("event", TEXT), ("event_text", TEXT)]


def schemas(settings: Settings) -> dict[str, pa.Schema]:
    """List the raw tables of a simulation.

    Args:
        settings: Its experiments; each registered one has a column of identify traits.

    Returns:
        Every raw table with its columns in order.
    """
    traits = [
        ("email", TEXT),
        ("plan", TEXT),
        *(
            (item.trait_column, INTEGER if item.variants[0].isdigit() else TEXT)
            for item in settings.registered
        ),
        (settings.loose_trait, TEXT),
    ]
    tables = {
        "experiment_viewed": [
            *TRACK,
            ("experiment_id", TEXT),
            ("variant", TEXT),
            ("assigned_at", TIME),
            ("context_page_path", TEXT),
            ("context_device_type", TEXT),
            ("context_campaign_source", TEXT),
            ("context_location_country", TEXT),
            ("context_library_name", TEXT),
        ],
        "ab_test_assigned": [
            *TRACK,
            ("experiment_id", TEXT),
            ("experiment_name", TEXT),
            ("variation_id", INTEGER),
        ],
        "identifies": [*MESSAGE, *traits],
        "users": [("id", TEXT), ("received_at", TIME), ("uuid_ts", TIME), *traits],
        "aliases": [*MESSAGE, ("previous_id", TEXT)],
        "tracks": TRACK,
        "pages": [*MESSAGE, ("context_page_path", TEXT)],
        "signed_up": [*TRACK, ("method", TEXT)],
        "order_completed": [
            *TRACK,
            ("order_id", TEXT),
            ("revenue", REAL),
            ("currency", TEXT),
            ("coupon", TEXT),
        ],
        "feature_used": [*TRACK, ("feature_name", TEXT)],
    }
    return {name: pa.schema(columns) for name, columns in tables.items()}


SCHEMAS = schemas(Settings())
"""Every raw table of the demo with its columns in order."""

EVENTS = {
    "experiment_viewed": "Experiment Viewed",
    "ab_test_assigned": "AB Test Assigned",
    "signed_up": "Signed Up",
    "order_completed": "Order Completed",
    "feature_used": "Feature Used",
}
"""Track tables and the names of their events."""


def times(values: np.ndarray, mask: np.ndarray | None = None) -> pa.Array:
    """Make a timestamp column.

    Args:
        values: ms since 1970 UTC.
        mask: True where null.

    Returns:
        Timestamps at ms precision.
    """
    return pa.array(values.astype("datetime64[ms]"), TIME, mask=mask)


def choices(codes: np.ndarray, words: tuple[str, ...]) -> pa.Array:
    """Make a text column of a few words.

    Args:
        codes: Indices into `words`; negative for null.
        words: What can stand in the column.

    Returns:
        The text, dictionary encoded.
    """
    indices = pa.array(codes.astype(np.int8), mask=codes < 0)
    return pa.DictionaryArray.from_arrays(indices, pa.array(words, TEXT))


def loaded_at(received: np.ndarray) -> np.ndarray:
    """Compute when a row was loaded: ten minutes after the full hour.

    Args:
        received: Arrival, ms.

    Returns:
        Load times, ms.
    """
    return -(-received // HOUR) * HOUR + 10 * MINUTE


def message_columns(
    delivery: Delivery, anonymous: np.ndarray, user: np.ndarray, seed: int
) -> dict[str, pa.Array]:
    """Make the columns that every call has.

    Args:
        delivery: From `demo.messages.deliver`.
        anonymous: Code of the anonymous id per message.
        user: Code of the user id per message.
        seed: Seed of the simulation.

    Returns:
        Columns by name, one entry per delivery.
    """
    return {
        "id": ids.message_text(delivery.id),
        "anonymous_id": ids.render(anonymous[delivery.source], seed),
        "user_id": ids.render(user[delivery.source], seed),
        "original_timestamp": times(delivery.original),
        "sent_at": times(delivery.sent),
        "received_at": times(delivery.received),
        "timestamp": times(delivery.timestamp),
        "uuid_ts": times(loaded_at(delivery.received)),
    }


def track_columns(table: str, count: int) -> dict[str, pa.Array]:
    """Make the columns that name the event.

    Args:
        table: Name of the track table.
        count: Number of rows.

    Returns:
        Columns by name.
    """
    code = np.full(count, list(EVENTS).index(table), np.int8)
    return {
        "event": choices(code, tuple(EVENTS)),
        "event_text": choices(code, tuple(EVENTS.values())),
    }


def build(schema: pa.Schema, columns: dict[str, pa.Array]) -> pa.Table:
    """Put the columns of a raw table in order; text of few words stays dictionary encoded.

    Args:
        schema: Of the raw table.
        columns: Columns by name.

    Returns:
        The table.

    Raises:
        KeyError: If a column is missing.
    """
    return pa.table({field.name: columns[field.name] for field in schema})


def plain(table: pa.Table) -> pa.Table:
    """Decode dictionary-encoded columns.

    Args:
        table: Any table.

    Returns:
        The same with plain text.
    """
    schema = pa.schema(
        [
            (
                field.name,
                field.type.value_type if pa.types.is_dictionary(field.type) else field.type,
            )
            for field in table.schema
        ]
    )
    return table.cast(schema)
