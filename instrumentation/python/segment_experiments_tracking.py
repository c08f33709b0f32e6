"""Sends the assignments that a server makes to Segment, with segment-analytics-python.

`identify` with all current experiments of the user and `track('Experiment Viewed')`, once per user,
experiment and variant. See README.md in the folder above.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import logging
import re
import threading
from collections.abc import Callable, Mapping
from typing import Any

NAMING_CONVENTION = re.compile(r"^[a-z0-9]+(-[a-z0-9]+){2,}-20[0-9]{2}-(0[1-9]|1[0-2])$")
NOBODY = frozenset({"", "null", "undefined", "anonymous", "none", "0", "-1"})

logger = logging.getLogger("segment_experiments")


class FirstTimes:
    """Says whether a key comes for the first time in this process.

    Args:
        limit: number of keys that are remembered; the oldest are forgotten.
    """

    def __init__(self, limit: int = 100_000) -> None:
        self._limit = limit
        self._keys: dict[str, None] = {}
        self._lock = threading.Lock()

    def __call__(self, key: str) -> bool:
        """Whether the key is new; from now on it is not."""
        with self._lock:
            if key in self._keys:
                return False
            self._keys[key] = None
            if len(self._keys) > self._limit:
                del self._keys[next(iter(self._keys))]
            return True


class Experiments:
    """The assignments of a server.

    Args:
        analytics: the module `segment.analytics`, or a Client of it.
        naming_convention: of experiment ids; None accepts every id.
        is_new: whether a key comes for the first time; default the memory of this process. Several
            processes share one with a database; without, their repetitions carry the same message
            ids and are harmless.
    """

    def __init__(
        self,
        analytics: Any,
        naming_convention: re.Pattern[str] | None = NAMING_CONVENTION,
        is_new: Callable[[str], bool] | None = None,
    ) -> None:
        self._analytics = analytics
        self._naming_convention = naming_convention
        self._is_new = is_new or FirstTimes()

    def assigned(
        self,
        experiment_id: str,
        variant: str,
        *,
        user_id: str | None = None,
        anonymous_id: str | None = None,
        assigned_at: dt.datetime | None = None,
        experiments: Mapping[str, str] | None = None,
    ) -> bool:
        """A user was assigned to a variant.

        Args:
            experiment_id: readable, as the naming convention wants it.
            variant: readable; numbers are refused.
            user_id: at least one of user_id and anonymous_id.
            anonymous_id: of the visitor.
            assigned_at: with a time zone, of your assignment store; a return to an earlier variant
                is only told from a repetition by it. Default now.
            experiments: all other current experiments of the user and his variants: destinations
                keep only what the last identify carried.

        Returns:
            Whether it was sent.

        Raises:
            ValueError: when assigned_at has no time zone.
        """
        if assigned_at is not None and assigned_at.tzinfo is None:
            raise ValueError("assigned_at needs a time zone")
        person = _person(user_id, anonymous_id)
        problem = _problem(experiment_id, variant, self._naming_convention)
        if not person and not problem:
            problem = f"an assignment of nobody: {experiment_id}"
        if problem:
            logger.warning(problem)
            return False
        content = [
            person.get("user_id") or person["anonymous_id"],
            *(experiment_id, variant, _iso(assigned_at) if assigned_at else ""),
        ]
        if not self._is_new(_message_id("track", content)):
            return False

        self._analytics.identify(
            **person,
            traits={"experiments": {**(experiments or {}), experiment_id: variant}},
            message_id=_message_id("identify", content),
        )
        self._analytics.track(
            **person,
            event="Experiment Viewed",
            properties={
                "experimentId": experiment_id,
                "variant": variant,
                "assignedAt": _iso(assigned_at or dt.datetime.now(dt.timezone.utc)),
            },
            message_id=_message_id("track", content),
        )
        return True

    def authenticated(
        self,
        user_id: str,
        anonymous_id: str,
        *,
        traits: Mapping[str, Any] | None = None,
        experiments: Mapping[str, str] | None = None,
        alias: bool = False,
    ) -> bool:
        """An anonymous visitor has logged in or signed up, and the browser does not tell Segment.

        Args:
            user_id: of the user.
            anonymous_id: of the visitor until now.
            traits: of the user.
            experiments: all current experiments of the user.
            alias: a destination needs the alias call; it is sent before identify, once per visitor
                and user.

        Returns:
            Whether it was sent.
        """
        person = _person(user_id, anonymous_id)
        if len(person) < 2:
            logger.warning("an authentication needs a user_id and an anonymous_id")
            return False
        content = [person["anonymous_id"], person["user_id"]]
        alias_id = _message_id("alias", content)
        if alias and content[0] != content[1] and self._is_new(alias_id):
            self._analytics.alias(previous_id=content[0], user_id=content[1], message_id=alias_id)
        sent = {**(traits or {}), **({"experiments": dict(experiments)} if experiments else {})}
        self._analytics.identify(**person, traits=sent)
        return True


def _person(user_id: object, anonymous_id: object) -> dict[str, str]:
    """The ids of a person, without those that identify nobody."""
    ids = {"user_id": user_id, "anonymous_id": anonymous_id}
    return {
        key: str(value)
        for key, value in ids.items()
        if value is not None and str(value).strip().lower() not in NOBODY
    }


def _problem(
    experiment_id: object, variant: object, naming_convention: re.Pattern[str] | None
) -> str | None:
    """Why an assignment is not sent, in a sentence; None when it is fine."""
    if not isinstance(experiment_id, str) or not experiment_id.strip():
        return f"the experiment id {experiment_id!r} is no text"
    if naming_convention and not naming_convention.search(experiment_id):
        return (
            f"the experiment id {experiment_id} breaks the convention {naming_convention.pattern}"
        )
    if not isinstance(variant, str) or re.fullmatch(r"\s*([-+]?[0-9.]+)?\s*", variant):
        return (
            f'the variant {variant!r} of {experiment_id} must be a readable text such as "control"'
        )
    return None


def _message_id(call: str, content: list[str]) -> str:
    """An id that is the same whenever the same thing is sent again, and another for each call."""
    text = json.dumps(content, separators=(",", ":"), ensure_ascii=False)
    return f"exp-{call}-{hashlib.sha256(text.encode()).hexdigest()[:40]}"


def _iso(time: dt.datetime) -> str:
    """ISO 8601 in UTC with milliseconds, as JavaScript writes it."""
    utc = time.astimezone(dt.timezone.utc)
    return utc.isoformat(timespec="milliseconds").replace("+00:00", "Z")
