"""Segment's warehouse loading: messages become rows of tables, by the rules of its documentation.

What the documentation leaves open is a field of `Rules`.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import re
from typing import Any, Literal

import pyarrow as pa

from tests.python.harness.warehouse import Warehouse

DEDUPLICATION = dt.timedelta(days=1)
COLLECTIONS = {"identify": "identifies", "page": "pages", "alias": "aliases", "group": "groups"}
RESERVED = frozenset(
    {"id", "anonymous_id", "user_id", "event", "event_text", "timestamp", "original_timestamp"}
    | {"sent_at", "received_at", "loaded_at", "uuid_ts"}
)
ISO_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})")


@dataclasses.dataclass(frozen=True)
class Rules:
    """What Segment's documentation leaves open.

    Attributes:
        other_type: a value of another type than the column's first one is null, or its row is lost.
        reserved: a property named like a reserved column is dropped, or gets a `_` in front.
        arrays: an array is written as JSON, or in brackets without quotation marks.
        time_text: a text that is a time in ISO 8601 makes a timestamp column, or stays text.
        longest_text: texts are cut after so many characters; None: they are not.
    """

    other_type: Literal["null", "lost"] = "null"
    reserved: Literal["dropped", "prefixed"] = "dropped"
    arrays: Literal["json", "brackets"] = "json"
    time_text: Literal["timestamp", "text"] = "timestamp"
    longest_text: int | None = None


class Loader:
    """Loads messages into the schema `segment` of a warehouse, batch after batch.

    Args:
        warehouse: to load into.
        rules: for what is open.
    """

    def __init__(self, warehouse: Warehouse, rules: Rules | None = None) -> None:
        self._warehouse = warehouse
        self._rules = rules or Rules()
        self._types: dict[str, dict[str, pa.DataType]] = {}
        self._received: dict[str, dt.datetime] = {}
        self._users: dict[str, dict[str, Any]] = {}

    def load(self, messages: list[dict[str, Any]], loaded_at: dt.datetime) -> None:
        """Load what was received since the last time.

        Args:
            messages: what an SDK sent, with receivedAt and originalTimestamp.
            loaded_at: when this happens, UTC.
        """
        tables: dict[str, list[dict[str, Any]]] = {}
        for message in sorted(messages, key=lambda message: message["receivedAt"]):
            if self._is_repeated(message):
                continue
            for table, row in self._rows(message):
                row |= {"loaded_at": _naive(loaded_at), "uuid_ts": _naive(loaded_at)}
                tables.setdefault(table, []).append(row)
        for table, rows in tables.items():
            self._append(table, rows)
        if self._users:
            self._replace_users(loaded_at)

    def _is_repeated(self, message: dict[str, Any]) -> bool:
        """Whether the id was seen in the last day: Segment forgets it then."""
        received_at = _time(message["receivedAt"])
        before = self._received.get(message["messageId"])
        if before is not None and received_at - before < DEDUPLICATION:
            return True
        self._received[message["messageId"]] = received_at
        return False

    def _rows(self, message: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
        row = _common(message)
        context = self._flat(message.get("context") or {}, "context")
        if message["type"] == "track":
            row |= {"event": column_name(message["event"]), "event_text": message["event"]}
            properties = self._flat(message.get("properties") or {})
            return [("tracks", row | context), (row["event"], properties | row | context)]
        if message["type"] == "alias":
            row["previous_id"] = message["previousId"]
        if message["type"] in ("page", "screen"):
            row["name"] = message.get("name")
        traits = self._flat(message.get("traits") or message.get("properties") or {})
        if message["type"] == "identify" and message.get("userId"):
            user = self._users.setdefault(message["userId"], {})
            user |= traits | {"id": message["userId"], "received_at": row["received_at"]}
        return [(COLLECTIONS[message["type"]], traits | row | context)]

    def _flat(self, values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
        """Nested objects as columns; nothing for a null."""
        row: dict[str, Any] = {}
        for key, value in values.items():
            path = f"{prefix} {key}" if prefix else key
            if isinstance(value, dict):
                row |= self._flat(value, path)
            elif value is not None:
                name = column_name(path)
                if name in RESERVED:
                    if self._rules.reserved == "dropped":
                        continue
                    name = "_" + name
                row[name] = self._value(value)
        return row

    def _value(self, value: Any) -> Any:
        if isinstance(value, list):
            if self._rules.arrays == "json":
                value = json.dumps(value, separators=(",", ":"))
            else:
                value = f"[{', '.join(str(item) for item in value)}]"
        if isinstance(value, str):
            if self._rules.time_text == "timestamp" and ISO_TIME.fullmatch(value):
                return _time(value)
            return value[: self._rules.longest_text]
        return value

    def _append(self, table: str, rows: list[dict[str, Any]]) -> None:
        types = self._types.setdefault(table, {})
        kept = []
        for row in rows:
            for name, value in list(row.items()):
                if value is None:
                    del row[name]
                    continue
                types.setdefault(name, _type(value))
                if not _fits(value, types[name]):
                    row[name] = None
            if None not in row.values() or self._rules.other_type == "null":
                kept.append(row)
        schema = pa.schema(list(types.items()))
        self._warehouse.append(table, pa.Table.from_pylist(kept, schema))

    def _replace_users(self, loaded_at: dt.datetime) -> None:
        self._types.pop("users", None)
        self._warehouse.execute("drop table if exists segment.users")
        self._append(
            "users",
            [user | {"uuid_ts": _naive(loaded_at)} for user in self._users.values()],
        )


def column_name(name: str) -> str:
    """The column or table that Segment makes of a name, as its go-snakecase does."""
    return "_".join(re.findall(r"[A-Z0-9]+[a-z0-9]*|[a-z0-9]+", name)).lower()


def _common(message: dict[str, Any]) -> dict[str, Any]:
    """Columns that every table has; `timestamp` is corrected by the error of the client's clock."""
    original, sent, received = (
        _time(message[key]) for key in ("originalTimestamp", "sentAt", "receivedAt")
    )
    return {
        "id": message["messageId"],
        "anonymous_id": message.get("anonymousId"),
        "user_id": message.get("userId"),
        "original_timestamp": original,
        "sent_at": sent,
        "received_at": received,
        "timestamp": received - (sent - original),
    }


def _type(value: Any) -> pa.DataType:
    for kind, data_type in (
        (bool, pa.bool_()),
        (int, pa.int64()),
        (float, pa.float64()),
        (dt.datetime, pa.timestamp("us")),
    ):
        if isinstance(value, kind):
            return data_type
    return pa.string()


def _fits(value: Any, data_type: pa.DataType) -> bool:
    own = _type(value)
    return own == data_type or (own == pa.int64() and data_type == pa.float64())


def _time(text: str) -> dt.datetime:
    return _naive(dt.datetime.fromisoformat(text))


def _naive(time: dt.datetime) -> dt.datetime:
    """UTC without saying so, as the warehouse has it."""
    return time.astimezone(dt.UTC).replace(tzinfo=None) if time.tzinfo else time
