"""A block of the page: a chart, the table that says the same, and what may be chosen in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Row = dict[str, Any]


@dataclass(frozen=True)
class Column:
    """A column of a block's table.

    Attributes:
        title: heading.
        field: of the rows; two of them make an interval.
        format: how page.js writes it: text, percent, share, count, amount, p, interval, amounts.
    """

    title: str
    field: str
    format: str = "text"


@dataclass(frozen=True)
class Block:
    """What page.js draws; see there.

    Attributes:
        kind: template of report.charts.
        caption: what is to be seen.
        rows: one dict per mark or row of the table.
        columns: of the table.
        note: how to read the chart.
        choices: fields of which the reader picks one value, title -> field; the first is shown.
        split: field with a chart per value; empty: one chart.
        legend: `intervals`, `bands`, `ordinary`, or the variants in the order of their colours.
        scale: `lift` where all charts have one axis, and arrows where it cuts an interval.
    """

    kind: str
    caption: str
    rows: list[Row]
    columns: list[Column]
    note: str = ""
    choices: dict[str, str] = field(default_factory=dict)
    split: str = ""
    legend: str | list[str] = ""
    scale: str = ""

    def compact(self) -> dict[str, Any]:
        """The block as small JSON: columns instead of rows, repeated texts once.

        Returns:
            A dict that json.dumps takes; numbers have five significant digits.
        """
        fields = list(dict.fromkeys(name for row in self.rows for name in row))
        return {
            "kind": self.kind,
            "caption": self.caption,
            "note": self.note,
            "choices": self.choices,
            "split": self.split,
            "legend": self.legend,
            "scale": self.scale,
            "columns": [[column.title, column.field, column.format] for column in self.columns],
            "rows": {name: _column([row.get(name) for row in self.rows]) for name in fields},
        }


def _column(values: list[Any]) -> Any:
    """A list of small values, or the distinct texts and the place of each row's."""
    if not any(isinstance(value, str) for value in values):
        return [_number(value) for value in values]
    texts = [None if value is None else str(value) for value in values]
    distinct = list(dict.fromkeys(texts))
    places = {text: place for place, text in enumerate(distinct)}
    return {"texts": distinct, "places": [places[text] for text in texts]}


def _number(value: Any) -> Any:
    """A number with five significant digits, whole numbers as they are."""
    if not isinstance(value, float):
        return value
    rounded = float(f"{value:.5g}")
    return int(rounded) if rounded.is_integer() else rounded
