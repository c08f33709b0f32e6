"""The kinds of charts, as templates whose rows the page fills in.

Colours are the page's CSS variables, so that a chart follows the light and dark theme and print
without being drawn again. No chart tells anything by colour alone: marks differ in shape, dash or
position, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import altair as alt
import vl_convert

DATA = "rows"
# Altair's own, as vl-convert writes it: 5.20.
VEGALITE_VERSION = ".".join(alt.VEGALITE_VERSION.lstrip("v").split(".")[:2])
INK, MUTED, GRID = "var(--ink)", "var(--muted)", "var(--grid)"
ORDINARY, ADJUSTED, ANYTIME = "var(--ordinary)", "var(--adjusted)", "var(--anytime)"
# Variant 0 is the control. The dashes are those of the legend in page.css.
SLOTS = list(range(8))
SLOT_COLOURS = [f"var(--slot-{slot})" for slot in SLOTS]
SLOT_DASHES = [[1, 0], [6, 3], [2, 2], [8, 3, 2, 3], [10, 4], [4, 4], [1, 3], [12, 2, 2, 2]]

PERCENT = "+.0%"
LABEL_PIXELS = 200
MOST_LETTERS = 28


def _shortened(text: str) -> str:
    """Expression of a text that is cut in its middle: names often differ at their end."""
    half = MOST_LETTERS // 2
    return (
        f"length({text}) > {MOST_LETTERS} "
        f"? slice({text}, 0, {half}) + '…' + slice({text}, {1 - half}) : {text}"
    )


# An experiment and its variant stand on a line each.
_LINES = [_shortened(f"split(datum.label, ' · ')[{line}]") for line in (0, 1)]
LABEL = f"indexof(datum.label, ' · ') < 0 ? {_shortened('datum.label')} : [{', '.join(_LINES)}]"


@dataclass(frozen=True)
class Lane:
    """Where one interval of every row is drawn.

    Attributes:
        label: field of the row's label.
        offset: place within the row; lanes are in its order.
        prefix: of the fields lift, lower, upper, and of their texts and cuts.
        name: of the interval, in tooltips.
        colour: of its marks.
        axis: format of the numbers on the axis.
    """

    label: str
    offset: str
    prefix: str
    name: str
    colour: str
    axis: str = PERCENT

    def bar(self, width: float) -> alt.Chart:
        """The interval."""
        return self._marks("lower", "mark_rule", strokeWidth=width, strokeCap="round").encode(
            x2=f"{self.prefix}upper:Q"
        )

    def ends(self) -> list[alt.Chart]:
        """Arrow heads where the interval goes on beyond the chart."""
        return [
            self._point(side, shape, 45).transform_filter(f"datum.{self.prefix}{side}_cut")
            for side, shape in (("lower", "triangle-left"), ("upper", "triangle-right"))
        ]

    def point(self, shape: str) -> alt.Chart:
        """The lift."""
        return self._point("lift", shape, 70)

    def _point(self, field: str, shape: str, size: int) -> alt.Chart:
        return self._marks(field, "mark_point", fill=self.colour, shape=shape, size=size, opacity=1)

    def _marks(self, field: str, mark: str, **style: Any) -> alt.Chart:
        x = alt.X(
            f"{self.prefix}{field}:Q",
            title=None,
            axis=alt.Axis(labelExpr=_signed(self.axis), tickCount=5, grid=True),
            scale=alt.Scale(nice=False, zero=True, padding=6),
        )
        y = alt.Y(
            f"{self.label}:N",
            sort=None,
            title=None,
            axis=_names(),
        )
        return (
            getattr(alt.Chart(), mark)(color=self.colour, **style)
            .transform_filter(f"isValid(datum.{self.prefix}{field})")
            .encode(x=x, y=y, yOffset=alt.YOffsetDatum(self.offset), tooltip=self._tooltip())
        )

    def _tooltip(self) -> list[alt.Tooltip]:
        return [
            alt.Tooltip(f"{self.label}:N", title=" "),
            *(
                alt.Tooltip(f"{self.prefix}{field}_text:N", title=f"{self.name} {field}")
                for field in ("lift", "lower", "upper")
                if not (field == "lift" and self.prefix == "anytime_")
            ),
        ]


def _names() -> alt.Axis:
    """An axis of names."""
    return alt.Axis(labelExpr=LABEL, labelLimit=LABEL_PIXELS, ticks=False, domain=False, grid=False)


def _signed(number_format: str) -> str:
    """Expression of an axis label; zero has no sign."""
    return f"datum.value === 0 ? '0' : format(datum.value, '{number_format}')"


def _zero() -> alt.Chart:
    return alt.Chart().mark_rule(color=INK, strokeWidth=1).encode(x=alt.datum(0))


def forest() -> alt.LayerChart:
    """Metrics as rows; each with the ordinary, the adjusted and the sequential interval."""
    ordinary = Lane("metric", "1", "", "ordinary", ORDINARY)
    adjusted = Lane("metric", "2", "adjusted_", "CUPED", ADJUSTED)
    anytime = Lane("metric", "3", "anytime_", "sequential", ANYTIME)
    return alt.layer(
        _zero(),
        *(ordinary.bar(4), *ordinary.ends(), ordinary.point("circle")),
        *(adjusted.bar(3), *adjusted.ends(), adjusted.point("diamond")),
        *(anytime.bar(2), *anytime.ends()),
    ).properties(height=alt.Step(40, **{"for": "position"}))


def intervals(axis: str = PERCENT, height: int = 26) -> alt.LayerChart:
    """Labelled rows, each with one interval.

    Args:
        axis: format of the numbers.
        height: of a row, in pixels.
    """
    lane = Lane("label", "1", "", "", ORDINARY, axis)
    return alt.layer(_zero(), lane.bar(4), *lane.ends(), lane.point("circle")).properties(
        height=alt.Step(height, **{"for": "position"})
    )


def amounts() -> alt.LayerChart:
    """As intervals(), in units of the metric instead of per cent."""
    return intervals("+,.4~r", height=36)


def over_time() -> alt.LayerChart:
    """The lift cumulated to each day, with both bands."""
    x = alt.X("date:T", title=None, axis=alt.Axis(format="%-d %b", tickCount=6, grid=False))

    def y(field: str) -> alt.Y:
        return alt.Y(
            f"{field}:Q",
            title=None,
            axis=alt.Axis(labelExpr=_signed(PERCENT), tickCount=5),
            scale=alt.Scale(nice=False, zero=True, padding=6),
        )

    tooltip = [
        alt.Tooltip("date:T", title="day", format="%-d %b %Y"),
        *(alt.Tooltip(f"{field}_text:N", title=field) for field in ("lift", "lower", "upper")),
    ]
    anytime = alt.Chart().transform_filter("isValid(datum.anytime_lower)")
    return alt.layer(
        anytime.mark_area(color=ANYTIME, opacity=0.18).encode(
            x=x, y=y("anytime_lower"), y2="anytime_upper:Q"
        ),
        anytime.mark_line(color=ANYTIME, strokeWidth=1, strokeDash=[3, 3]).encode(
            x=x, y=y("anytime_lower")
        ),
        anytime.mark_line(color=ANYTIME, strokeWidth=1, strokeDash=[3, 3]).encode(
            x=x, y=y("anytime_upper")
        ),
        alt.Chart()
        .mark_area(color=ORDINARY, opacity=0.3)
        .transform_filter("isValid(datum.lower)")
        .encode(x=x, y=y("lower"), y2="upper:Q"),
        alt.Chart().mark_rule(color=INK, strokeWidth=1).encode(y=alt.datum(0)),
        alt.Chart()
        .mark_line(
            color=ORDINARY,
            strokeWidth=2.5,
            point=alt.OverlayMarkDef(size=14, color=ORDINARY, fill=ORDINARY),
        )
        .encode(x=x, y=y("lift"), tooltip=tooltip),
    ).properties(height=240)


def _slot(channel: Any, values: list[Any]) -> Any:
    return channel("slot:O", legend=None, scale=alt.Scale(domain=SLOTS, range=values))


def retention() -> alt.LayerChart:
    """Share of users who came back, by day and variant."""
    x = alt.X(
        "day:Q",
        title="days since the assignment",
        axis=alt.Axis(tickCount=7, grid=False, format="d"),
        scale=alt.Scale(nice=False),
    )
    scale = alt.Scale(zero=True, nice=True)
    axis = alt.Axis(format=".0%", tickCount=5)
    colour = _slot(alt.Color, SLOT_COLOURS)
    return alt.layer(
        alt.Chart()
        .mark_area(opacity=0.12)
        .encode(
            x=x,
            y=alt.Y("lower:Q", title=None, axis=axis, scale=scale),
            y2="upper:Q",
            color=colour,
        ),
        alt.Chart()
        .mark_line(strokeWidth=2.2)
        .encode(
            x=x,
            y=alt.Y("rate:Q", title=None, axis=axis, scale=scale),
            color=colour,
            strokeDash=_slot(alt.StrokeDash, SLOT_DASHES),
            tooltip=[
                alt.Tooltip("variant:N"),
                alt.Tooltip("day:Q"),
                alt.Tooltip("rate:Q", format=".1%"),
                alt.Tooltip("users:Q", format=","),
            ],
        ),
    ).properties(height=240)


def funnel() -> alt.LayerChart:
    """Share of the users who reached each step, by variant."""
    y = alt.Y(
        "step:N",
        sort=None,
        title=None,
        axis=_names(),
    )
    offset = alt.YOffset("slot:O", sort=SLOTS)
    x = alt.X(
        "rate:Q",
        title=None,
        axis=alt.Axis(format=".0%", tickCount=5),
        scale=alt.Scale(domain=[0, 1], nice=False),
    )
    base = alt.Chart().encode(x=x, y=y, yOffset=offset)
    return alt.layer(
        base.mark_bar(height=alt.RelativeBandSize(band=0.8)).encode(
            color=_slot(alt.Color, SLOT_COLOURS),
            tooltip=[
                alt.Tooltip("step:N"),
                alt.Tooltip("variant:N"),
                alt.Tooltip("users:Q", format=","),
                alt.Tooltip("rate:Q", format=".1%"),
            ],
        ),
        base.mark_text(align="left", dx=5, dy=4, fontSize=12, color=INK).encode(
            text=alt.Text("bar_label:N")
        ),
    ).properties(height=alt.Step(22, **{"for": "offset"}))


def matrix() -> alt.LayerChart:
    """Pairs of experiments: whether one changes the effect of the other."""
    axis = alt.Axis(title=None, ticks=False, domain=False, grid=False, labelAngle=0)
    base = alt.Chart().encode(
        x=alt.X("b:N", sort=None, axis=axis), y=alt.Y("a:N", sort=None, axis=axis)
    )
    levels = ["clear", "hint", "none"]
    return (
        alt.layer(
            base.mark_rect(stroke=GRID).encode(
                color=alt.Color(
                    "level:N",
                    legend=None,
                    scale=alt.Scale(
                        domain=levels, range=[f"var(--level-{name})" for name in levels]
                    ),
                ),
                tooltip=[
                    alt.Tooltip("pair:N", title=" "),
                    alt.Tooltip("shared:Q", title="shared users", format=","),
                    alt.Tooltip("p_text:N", title="p, corrected"),
                ],
            ),
            base.mark_text(fontSize=13).encode(
                text="symbol:N",
                color=alt.Color(
                    "level:N",
                    legend=None,
                    scale=alt.Scale(
                        domain=levels, range=[f"var(--on-level-{name})" for name in levels]
                    ),
                ),
            ),
        )
        .resolve_scale(color="independent")
        .properties(height=alt.Step(30))
    )


KINDS = {
    "forest": forest,
    "intervals": intervals,
    "amounts": amounts,
    "over_time": over_time,
    "retention": retention,
    "funnel": funnel,
    "matrix": matrix,
}

CONFIG = {
    "background": "transparent",
    "font": "system-ui, sans-serif",
    "view": {"stroke": None},
    "axis": {
        "labelColor": INK,
        "titleColor": MUTED,
        "gridColor": GRID,
        "domainColor": GRID,
        "tickColor": GRID,
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
    },
}


def templates() -> dict[str, dict[str, Any]]:
    """All kinds as Vega specifications; the page puts its rows into the data source `rows`.

    Returns:
        name of the kind -> specification, as wide as the page lets it be.
    """
    found = {}
    for name, chart in KINDS.items():
        chosen = chart().properties(data=alt.NamedData(DATA), width="container")
        found[name] = vl_convert.vegalite_to_vega(
            chosen.to_dict() | {"config": CONFIG}, vl_version=VEGALITE_VERSION
        )
        # It names the version that Vega-Lite was written for; the newer one in the page runs it.
        del found[name]["$schema"]
    return found
