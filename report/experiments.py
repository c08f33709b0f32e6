"""The parts of the page: one per experiment, and one for all of them together."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from . import experiment_blocks, overall_blocks
from .blocks import Block
from .comparison import Comparison
from .marts import (
    ATTRIBUTION,
    AUDIT,
    BY_AGE,
    BY_DIMENSION,
    DAILY,
    DECISIONS,
    EXPERIMENTS,
    FUNNEL,
    FURTHER,
    HEALTH,
    INTERACTIONS,
    MARGINAL,
    NEEDED,
    RESULTS,
    RETENTION,
    Mart,
)
from .sentences import TONES, Conclusion, Settings, conclude, no_conclusion
from .warehouse import ReportError, Row, Warehouse


@dataclass(frozen=True)
class Contents:
    """All that the report knows.

    Attributes:
        marts: rows by the name of the mart's model; None where there is no such table.
        metrics: of the setting, in its order, with direction and minimum_effect.
        settings: for the sentences.
        shows_ids: whether examples of findings, which may be ids of people, are shown whole.
        left_out: models that the setting `modules` leaves out.
        sources: names of the Segment sources.
    """

    marts: dict[str, list[Row] | None]
    metrics: list[dict[str, Any]]
    settings: Settings
    shows_ids: bool = False
    left_out: frozenset[str] = frozenset()
    sources: tuple[str, ...] = ()

    @property
    def metric_names(self) -> list[str]:
        """Names of the metrics in the order of the setting."""
        return [metric["name"] for metric in self.metrics]

    @property
    def as_of(self) -> Any:
        """Time of the analysis; None without results."""
        return max((row["as_of"] for row in self.rows(RESULTS) if row["as_of"]), default=None)

    def rows(self, mart: Mart) -> list[Row]:
        """Rows of a mart, none where it is missing."""
        return self.marts[mart.model] or []


@dataclass(frozen=True)
class Section:
    """A heading with a chart, or a sentence that says why there is none."""

    title: str
    key: str
    block: Block | None
    absence: str = ""


@dataclass(frozen=True)
class Part:
    """An experiment.

    Attributes:
        anchor: of the part in the page.
        facts: row of the mart `experiments`.
        metric: the one that overviews show, where it has results; else the first that has.
        is_primary: whether the registry names it.
        conclusions: variant and what to conclude of it in the metric.
        lifts: variant -> relative lift in the metric.
        decisions: rows of experiment_decisions, by variant.
        health: rows of experiment_health, failures first.
        audit: rows of tracking_audit with a finding.
        sections: with charts.
    """

    anchor: str
    facts: Row
    metric: str | None
    is_primary: bool
    conclusions: list[tuple[str, Conclusion]]
    lifts: dict[str, float | None]
    decisions: list[Row]
    health: list[Row]
    audit: list[Row]
    sections: list[Section] = field(default_factory=list)

    @property
    def failures(self) -> list[Row]:
        """Checks that make the results wrong."""
        return [row for row in self.health if row["status"] == "fail"]

    @property
    def warnings(self) -> list[Row]:
        """Checks that somebody should look at."""
        return [row for row in self.health if row["status"] == "warn"]

    @property
    def tone(self) -> str:
        """The tone of the conclusion that needs attention most."""
        return min((each.tone for _, each in self.conclusions), key=TONES.index)


def read(warehouse: Warehouse) -> Contents:
    """Read everything the report shows.

    Args:
        warehouse: an open one.

    Raises:
        ReportError: a mart is missing that there is no report without.
    """
    marts = {mart.model: warehouse.read(mart) for mart in (*NEEDED, *FURTHER)}
    for mart in NEEDED:
        if marts[mart.model] is None:
            raise ReportError(f"{mart.model} is not built; run `dbt build` first.")
    return Contents(
        marts,
        warehouse.metrics(),
        Settings(warehouse.setting("confidence_level"), warehouse.setting("power")),
        sources=tuple(warehouse.sources()),
        left_out=frozenset(mart.model for mart in FURTHER if not warehouse.has_model(mart)),
    )


def parts(contents: Contents) -> list[Part]:
    """One part per experiment: running ones first, of those the latest first.

    Args:
        contents: as of read().
    """
    grouped = {
        mart.model: _by_experiment(contents.rows(mart))
        for mart in (
            *(RESULTS, HEALTH, DECISIONS, AUDIT, RETENTION, DAILY, BY_DIMENSION, BY_AGE, FUNNEL),
        )
    }
    order = {"running": 0, "concluded": 1, "planned": 2}
    experiments = sorted(
        contents.rows(EXPERIMENTS),
        key=lambda row: str(row["first_assigned_at"] or row["started_at"] or ""),
        reverse=True,
    )
    experiments.sort(key=lambda row: order.get(row["status"], 3))
    anchors = _anchors([row["experiment_id"] for row in experiments])
    return [
        _part(
            row,
            anchors[row["experiment_id"]],
            contents,
            {model: rows.get(row["experiment_id"], []) for model, rows in grouped.items()},
        )
        for row in experiments
    ]


def not_built(mart: Mart) -> str:
    """The sentence that stands for a mart whose module is on, and whose table is missing."""
    return f"The table {mart.model} is not built in this warehouse."


def overall(contents: Contents) -> list[Section]:
    """What can only be seen over all experiments.

    Args:
        contents: as of read().
    """
    names = contents.metric_names
    alpha = 1 - contents.settings.confidence_level
    return _sections(
        contents,
        (
            "Do experiments disturb each other?",
            INTERACTIONS,
            lambda rows: overall_blocks.interactions(rows, alpha, names),
        ),
        (
            "What adds most, beside all the others",
            MARGINAL,
            lambda rows: overall_blocks.marginal_effects(rows, names),
        ),
        (
            "Seen before converting",
            ATTRIBUTION,
            lambda rows: overall_blocks.attribution(rows, names),
        ),
    )


def _part(facts: Row, anchor: str, contents: Contents, own: dict[str, list[Row]]) -> Part:
    results = [row for row in own[RESULTS.model] if not row["is_control"]]
    found = {row["metric"] for row in results}
    definitions = {each["name"]: each for each in contents.metrics}
    headline = facts["headline_metric"]
    metrics = sorted(contents.metric_names, key=lambda name: (name != headline, name not in found))
    # Only metrics of the settings: a mart may still have one that has left them.
    metric = next((name for name in metrics if name in found), None)
    health = sorted(
        own[HEALTH.model],
        key=lambda row: (["fail", "warn", "pass"].index(row["status"]), row["check_name"]),
    )
    failures = [row["detail"] for row in health if row["status"] == "fail"]
    compared = [
        row for row in results if row["estimator"] == "unadjusted" and row["metric"] == metric
    ]
    comparisons = sum(
        row["estimator"] == "unadjusted" and row["p_value"] is not None for row in results
    )
    conclusions = [
        (
            row["variant"],
            conclude(
                Comparison(
                    row,
                    definitions[metric]["minimum_effect"],
                    comparisons,
                ),
                "concluded" if facts["has_reached_end"] else facts["status"],
                failures,
                contents.settings,
            ),
        )
        for row in sorted(compared, key=lambda row: row["variant"])
    ] or [("", no_conclusion(facts))]
    variants = _variants(facts["control_variant"], own)
    return Part(
        anchor=anchor,
        facts=facts,
        metric=metric,
        is_primary=metric is not None and metric == facts["primary_metric"],
        conclusions=conclusions,
        lifts={row["variant"]: row["relative_lift"] for row in compared},
        decisions=sorted(own[DECISIONS.model], key=lambda row: row["variant"]),
        health=health,
        audit=sorted(own[AUDIT.model], key=lambda row: (-(row["share"] or 0), row["check_name"])),
        sections=_sections(
            contents,
            (
                "All metrics",
                RESULTS,
                lambda _: experiment_blocks.forest(results, metrics, not failures),
            ),
            (
                "The lift over time",
                DAILY,
                lambda _: experiment_blocks.over_time(own[DAILY.model], metrics),
            ),
            (
                "Who came back",
                RETENTION,
                lambda _: experiment_blocks.retention(own[RETENTION.model], variants),
            ),
            (
                "The way to the goal",
                FUNNEL,
                lambda _: experiment_blocks.funnel(own[FUNNEL.model], variants),
            ),
            (
                "Groups of users",
                BY_DIMENSION,
                lambda _: experiment_blocks.by_dimension(own[BY_DIMENSION.model], metrics),
            ),
            (
                "Does it last?",
                BY_AGE,
                lambda _: experiment_blocks.by_age(own[BY_AGE.model], metrics),
            ),
        ),
    )


def _sections(
    contents: Contents, *wanted: tuple[str, Mart, Callable[[list[Row]], Block | None]]
) -> list[Section]:
    """Sections, or the sentences that stand for them; none of modules that are off.

    Args:
        contents: as of read().
        wanted: of each section the title, the mart, and what makes the block of its rows.
    """
    sections = []
    for title, mart, make in wanted:
        if mart.model in contents.left_out:
            continue
        rows = contents.marts[mart.model]
        if rows is None:
            block, absence = None, not_built(mart)
        else:
            block = make(rows)
            absence = "" if block else f"{mart.model} has nothing to show yet."
        sections.append(Section(title, mart.model.removeprefix("experiment_"), block, absence))
    return sections


def _by_experiment(rows: list[Row]) -> dict[str | None, list[Row]]:
    found: dict[str | None, list[Row]] = defaultdict(list)
    for row in rows:
        found[row["experiment_id"]].append(row)
    return found


def _variants(control: str | None, own: dict[str, list[Row]]) -> list[str]:
    """Variants with any result, the control first."""
    names = {row["variant"] for mart in (RESULTS, RETENTION, FUNNEL) for row in own[mart.model]}
    return sorted(names, key=lambda name: (name != control, name))


def _anchors(ids: list[str]) -> dict[str, str]:
    """Readable anchors, each once."""
    anchors: dict[str, str] = {}
    for name in ids:
        slug = "experiment-" + (re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "unnamed")
        anchor, number = slug, 1
        while anchor in anchors.values():
            number += 1
            anchor = f"{slug}-{number}"
        anchors[name] = anchor
    return anchors
