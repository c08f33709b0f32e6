"""In which steps the rows of worlds arrive, under which settings, and what dbt does after each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from tests.python.worlds.arrival_worlds import ARRIVAL_COLUMNS, LATE_COLUMNS, REGISTRY, TABLES

Settings = dict[str, Any]

ORDERS = {"name": "orders", "type": "count", "event": "order_completed", "window_days": 14}
REVENUE = {"name": "revenue", "type": "sum", "event": "order_completed", "value": "revenue"}
SIGNUPS = {"name": "signups", "type": "conversion", "event": "signed_up"}
RATIO = {
    "name": "order_value",
    "type": "ratio",
    "numerator": "revenue",
    "denominator": "orders",
}
RETENTION = {"name": "week_1", "type": "retention", "delay_days": 7, "window_days": 7}
METRICS = [ORDERS, REVENUE, SIGNUPS, RATIO, RETENTION]
SIGNUP_FUNNEL = {
    "name": "signup_to_order",
    "steps": [{"event": "signed_up"}, {"event": "order_completed"}],
}
FEATURE_FUNNEL = {
    "name": "features",
    "window_days": 5,
    "mature_only": True,
    "steps": [{"event": "feature_used"}, {"event": "feature_used"}],
}

# `screens` tells the time of a plan, see the tests; so it is always read. Rows come to these worlds
# whenever they like, so nothing settles; what does is in test_settling.py.
BASE: Settings = {
    "settle_days": None,
    "metrics": METRICS,
    "funnels": [SIGNUP_FUNNEL],
    "activity": ["tracks", "pages", "screens"],
}

# Windows pass between two batches, and experiments come to rest. Caps, also of both parts of a
# ratio and of what is adjusted by a covariate; tables that are models (model_project.py).
SHORT: Settings = {
    "settle_days": None,
    "metrics": [
        {
            **{"name": "orders", "type": "count", "model": "stg_shop__orders"},
            **{"window_days": 1, "covariate_days": 2, "cap_percentile": 0.9},
        },
        {**REVENUE, "window_days": 0.5, "covariate_days": 1, "cap_percentile": 0.7},
        {
            **{"name": "paid", "type": "sum", "model": "stg_shop__orders", "value": "revenue"},
            **{"where": "revenue > 0", "delay_days": 0.5, "window_days": 1, "covariate_days": 0},
            **{"cap_percentile": 0.9, "cap_zeros": False, "mature_only": True},
        },
        {**SIGNUPS, "window_days": 2, "covariate_days": 1},
        RATIO,
        {**RATIO, "name": "paid_value", "numerator": "paid"},
        {**RETENTION, "delay_days": 1, "window_days": 1, "covariate_days": 0.5},
    ],
    "funnels": [
        {
            **{"name": "signup_to_order", "window_days": 2},
            "steps": [{"event": "signed_up"}, {"model": "stg_shop__orders"}],
        }
    ],
    "activity": ["tracks", {"model": "stg_shop__pages"}, "screens"],
}

CHANGES: list[Settings] = [
    {"multiple_variant_policy": "first"},
    {"multiple_variant_policy": "last"},
    {"identity_resolution": "last"},
    {"identity_resolution": "none"},
    {"max_users_per_device": 1},
    {"max_users_per_device": 2},
    {"assignments_from_traits": True},
    {"assignments_from_traits": True, "multiple_variant_policy": "first"},
    {"blocked_ids": ["null", "anonymous", "0", "*-m", "*-d"]},
    {"exposure_events": [{"table": "experiment_viewed"}]},
    {"exposure_events": [{"table": "experiment_viewed", "assigned_at": "original_timestamp"}]},
    {"activity": ["screens"]},
    {"activity": ["screens", "tracks", "pages", "order_completed"]},
    {"as_of": "2026-03-20"},
    {"as_of": "2026-04-05 12:00:00"},
    {"assignment_dimensions": {}},
    {"assignment_dimensions": {"device_type": "context_device_type", "country": ["country"]}},
    {
        "assignment_dimensions": {
            "device_type": ["context_device_type"],
            "campaign_source": "country",
            "country": "context_campaign_source",
        }
    },
    {"metrics": [ORDERS]},
    {"funnels": [SIGNUP_FUNNEL, FEATURE_FUNNEL]},
    {"funnels": []},
    {"attribution": {"lookback_days": 3, "half_life_days": 1}},
    {"metrics": [*METRICS, {"name": "features", "type": "count", "event": "feature_used"}]},
    {"metrics": [ORDERS, {**REVENUE, "window_days": 3, "covariate_days": 2}, SIGNUPS, RATIO]},
    {"metrics": [ORDERS, {**REVENUE, "where": "currency = 'EUR'"}, SIGNUPS, RATIO]},
    {"metrics": [{**ORDERS, "mature_only": True}, {**REVENUE, "cap_percentile": 0.8}, RATIO]},
    {"metrics": [{**ORDERS, "timestamp": "original_timestamp"}, REVENUE, RETENTION]},
    {"metrics": [{**ORDERS, "delay_days": 2, "covariate_days": 0}, REVENUE]},
]


@dataclass(frozen=True)
class Step:
    """What happens with one arrival of data.

    Args:
        settings: of the runs.
        kills: after which share of the models a run is killed, for each such run.
        runs: how often dbt then runs to its end; 0 leaves the mess to the next step.
        is_empty: no data arrive; they come with the next step.
        suppressed: chooses who is on the list of suppressed users; 0 for nobody.
    """

    settings: Settings
    kills: tuple[float, ...] = ()
    runs: int = 1
    is_empty: bool = False
    suppressed: int = 0


@dataclass(frozen=True)
class Plan:
    """The steps of all worlds that share a warehouse.

    Args:
        steps: in their order.
        table_from: step in which a raw table is made; its rows wait for it.
        column_from: step in which a column is made, in all tables; it is lost before.
        registry_changes: entries of the registry arrive in batches, as rows do. Each change makes a
            run compute everything, so in most plans they are all there from the first step on.
        has_all_tables: the raw tables of all rows are there from the first step on, with all
            columns, those of traits too. Otherwise a run that dies and was the first to see a
            column makes the next one compute everything.
    """

    steps: tuple[Step, ...]
    table_from: dict[str, int] = field(default_factory=dict)
    column_from: dict[str, int] = field(default_factory=dict)
    registry_changes: bool = False
    has_all_tables: bool = False

    def step_of(self, table: str, batch: int, batches: int) -> int:
        """The step in which a row arrives.

        Args:
            table: raw table.
            batch: of the row.
            batches: how many there are in a world.
        """
        if table == REGISTRY and not self.registry_changes:
            return 0
        last = len(self.steps) - 1
        step = max(batch * len(self.steps) // batches, min(self.table_from.get(table, 0), last))
        while self.steps[step].is_empty and step + 1 < len(self.steps):
            step += 1
        return step

    def left_out(self, step: int) -> set[str]:
        """The columns that do not exist in a step."""
        return {column for column, first in self.column_from.items() if first > step}

    def only_adds(self, step: int) -> bool:
        """Whether the first run of a step has no reason to compute everything, whatever arrives."""
        finished = [number for number in range(step) if self.steps[number].runs]
        if self.registry_changes or not finished:
            return False
        settings = self.steps[finished[-1]].settings
        since = self.steps[finished[-1] + 1 : step + 1]
        has_died = any(one.kills for one in since) and not self.has_all_tables
        # The day of arrival of every row is another one when the column that says it comes.
        has_moved = any(
            finished[-1] < self.column_from.get(column, 0) <= step for column in ARRIVAL_COLUMNS
        )
        same_settings = all(one.settings == settings for one in since)
        return same_settings and not has_died and not has_moved


@st.composite
def plans(draw: st.DrawFn, base: Settings, *, registry_changes: bool) -> Plan:
    """Two to four steps; the last one ends with a run.

    Args:
        draw: of Hypothesis.
        base: settings that a step begins with or comes back to.
        registry_changes: see Plan.
    """
    has_all_tables = draw(st.booleans())
    # What makes a run compute everything is where it hides least of how runs add.
    calm = 4 if has_all_tables else 16
    constant = 4 if registry_changes else 8
    count = draw(st.sampled_from([2, 3, 3, 4, 4]))
    numbers = range(count)
    settings = {**base, **draw(st.sampled_from([{}, *CHANGES]))}
    steps = []
    for number in numbers:
        if number > 0 and draw(st.integers(0, 9)) >= constant:
            change = draw(st.sampled_from([None, *CHANGES]))
            settings = {**settings, **change} if change else base
        is_last = number == count - 1
        kills = draw(st.sampled_from([*[()] * calm, (0.1,), (0.4,), (0.8,), (0.6, 0.3)]))
        steps.append(
            Step(
                settings=_consistent(settings),
                kills=kills,
                runs=draw(st.sampled_from([1, 1, 1, 2, 1 if is_last or not kills else 0])),
                is_empty=not is_last and draw(st.integers(0, 7)) == 7,
                suppressed=draw(st.integers(0, 5)),
            )
        )
    late = st.sampled_from([0, 0, 1, count - 1])
    table_from = {table: draw(late) for table in TABLES if table != "screens"}
    column_from = {column: draw(late) for column in LATE_COLUMNS}
    arrival = draw(st.sampled_from([(), (), ARRIVAL_COLUMNS[:1], ARRIVAL_COLUMNS]))
    column_from |= dict.fromkeys(arrival, draw(st.sampled_from([count, count, 1])))
    if has_all_tables:
        table_from = {}
        column_from = {column: first for column, first in column_from.items() if first == count}
    return Plan(tuple(steps), table_from, column_from, registry_changes, has_all_tables)


def _consistent(settings: Settings) -> Settings:
    """The settings without a ratio whose parts are no metrics."""
    names = {metric["name"] for metric in settings["metrics"]}
    metrics = [
        metric
        for metric in settings["metrics"]
        if metric["type"] != "ratio" or {metric["numerator"], metric["denominator"]} <= names
    ]
    return {**settings, "metrics": metrics}
