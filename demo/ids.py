"""Identifiers as 64-bit codes while the data are made, and as text when they are written.

A code is the kind of the identifier and a number; negative codes are null and the values that
senders write where they have no id. Text comes from a bijection of the number, so two different
codes never become the same text.
"""

import numpy as np
import pyarrow as pa

ANONYMOUS, USER, EMAIL = 0, 1, 2
NULL = -1
NOT_IDS = {-2: "null", -3: "undefined", -4: "anonymous", -5: " "}
"""Codes of ids that identify nobody, and their text."""

MAX_PEOPLE = 1 << 25
"""User ids have five characters of five bits."""

SLOTS = 8
"""Anonymous numbers per person; see `demo.people`."""

_KIND_SHIFT = 56
_NUMBER = (1 << _KIND_SHIFT) - 1
_ALPHABET = np.frombuffer(b"0123456789abcdefghijkmnopqrstuvw", dtype=np.uint8)
_PAIRS = np.ascontiguousarray(
    np.stack([np.repeat(_ALPHABET, 32), np.tile(_ALPHABET, 32)], axis=1)
).view(np.uint16)[:, 0]


def code(kind: int, numbers: np.ndarray) -> np.ndarray:
    """Make codes of one kind.

    Args:
        kind: `ANONYMOUS`, `USER` or `EMAIL`.
        numbers: Integers of at least 0.

    Returns:
        Codes (int64).
    """
    return (np.int64(kind) << np.int64(_KIND_SHIFT)) | numbers.astype(np.int64)


def as_kind(kind: int, codes: np.ndarray) -> np.ndarray:
    """Turn codes into those of another kind with the same number.

    Args:
        kind: `ANONYMOUS`, `USER` or `EMAIL`.
        codes: Codes that are not negative.

    Returns:
        Codes (int64).
    """
    return code(kind, codes & _NUMBER)


def scramble(numbers: np.ndarray, bits: int, salt: int) -> np.ndarray:
    """Map the integers below 2 ** bits onto each other, one to one, without visible order.

    Args:
        numbers: Integers from 0 to 2 ** bits - 1.
        bits: Size of the range, 2 to 62.
        salt: Another salt gives another mapping.

    Returns:
        Integers of the same range (uint64).
    """
    mask = np.uint64((1 << bits) - 1)
    half = np.uint64((bits + 1) // 2)
    values = (numbers.astype(np.uint64) + np.uint64(salt & int(mask))) & mask
    for odd in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB):
        values = (values * np.uint64(odd)) & mask
        values ^= values >> half
    return values


def text(values: np.ndarray, width: int, prefix: str = "", suffix: str = "") -> pa.StringArray:
    """Write integers as fixed-width text of digits and lower-case letters.

    Args:
        values: Integers below 32 ** width.
        width: Characters per value.
        prefix: Put before every value.
        suffix: Put after every value.

    Returns:
        One string per integer.
    """
    before, after = prefix.encode(), suffix.encode()
    total = len(before) + width + len(after)
    chars = np.empty((len(values), total), dtype=np.uint8)
    chars[:, : len(before)] = np.frombuffer(before, dtype=np.uint8)
    chars[:, len(before) + width :] = np.frombuffer(after, dtype=np.uint8)
    rest = values.astype(np.uint64)
    column = len(before) + width
    for _ in range(width // 2):
        column -= 2
        pair = _PAIRS[(rest & np.uint64(1023)).astype(np.int64)]
        chars[:, column : column + 2] = pair.view(np.uint8).reshape(-1, 2)
        rest = rest >> np.uint64(10)
    if width % 2:
        chars[:, column - 1] = _ALPHABET[(rest & np.uint64(31)).astype(np.int64)]
    offsets = np.arange(len(values) + 1, dtype=np.int32) * np.int32(total)
    return pa.StringArray.from_buffers(
        len(values), pa.py_buffer(offsets), pa.py_buffer(chars.reshape(-1))
    )


def render(codes: np.ndarray, seed: int) -> pa.StringArray:
    """Write identifier codes as the text that lands in the warehouse.

    Args:
        codes: Identifier codes, negative ones included.
        seed: Seed of the simulation; another seed gives other identifiers.

    Returns:
        One string or null per code.
    """
    kinds = np.where(codes < 0, -1, codes >> _KIND_SHIFT)
    numbers = codes & _NUMBER
    order = np.full(len(codes), -1, dtype=np.int64)
    parts, filled = [], 0
    for kind, width, bits, prefix, suffix in (
        (ANONYMOUS, 9, 45, "", ""),
        (USER, 5, 25, "u", ""),
        (EMAIL, 5, 25, "u", "@example.com"),
    ):
        rows = np.flatnonzero(kinds == kind)
        if len(rows) == 0:
            continue
        # Messages have the even numbers of the 45 bits, anonymous ids the odd ones.
        source = numbers[rows] * 2 + 1 if kind == ANONYMOUS else numbers[rows]
        parts.append(text(scramble(source, bits, _salt(seed, bits)), width, prefix, suffix))
        order[rows] = filled + np.arange(len(rows))
        filled += len(rows)
    for special, words in NOT_IDS.items():
        rows = np.flatnonzero(codes == special)
        if len(rows):
            parts.append(pa.array([words], pa.string()))
            order[rows] = filled
            filled += 1
    if filled == 0:
        return pa.nulls(len(codes), pa.string())
    pool = pa.concat_arrays(parts)
    if filled == len(codes) and len(parts) == 1:
        return pool
    return pool.take(pa.array(order, mask=order < 0))


class MessageIds:
    """Hands out message ids that are unique over the whole simulation."""

    def __init__(self, seed: int, chunk: int):
        """Start at the first id of a chunk.

        Args:
            seed: Seed of the simulation.
            chunk: Number of the chunk of people, 0 to 255.
        """
        self._seed = seed
        self._next = chunk << 36

    def take(self, count: int) -> np.ndarray:
        """Take the next ids.

        Args:
            count: How many.

        Returns:
            Values for `message_text` (uint64).
        """
        numbers = np.arange(self._next, self._next + count, dtype=np.int64)
        self._next += count
        return scramble(numbers * 2, 45, _salt(self._seed, 45))


def message_text(values: np.ndarray) -> pa.StringArray:
    """Write message ids.

    Args:
        values: From `MessageIds.take`.

    Returns:
        One string of nine characters per id.
    """
    return text(values, 9)


def order_text(numbers: np.ndarray, seed: int) -> pa.StringArray:
    """Write order numbers as order ids.

    Args:
        numbers: Integers below 2 ** 35.
        seed: Seed of the simulation.

    Returns:
        One string of eight characters per order.
    """
    return text(scramble(numbers, 35, _salt(seed, 35)), 7, prefix="o")


def _salt(seed: int, bits: int) -> int:
    """Derive a salt from the seed, another one for each size of id."""
    return int(np.random.SeedSequence([seed, bits]).generate_state(1, np.uint64)[0])
