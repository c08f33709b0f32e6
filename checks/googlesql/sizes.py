"""How large the tables are for a given traffic: rows of each table, and bytes of each column.

Every number that `cost.py` assumes stands here. All are upper bounds in one respect: a column
counts as filled in every row, although BigQuery takes nothing for a null.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from tables import LOAD_TIME

DAYS_PER_MONTH = 365 / 12

# Bytes per value: https://cloud.google.com/bigquery/pricing#data
TYPE_BYTES = {
    **dict.fromkeys(("INT64", "FLOAT64", "TIMESTAMP", "DATE", "DATETIME", "TIME"), 8),
    "BOOL": 1,
    "NUMERIC": 16,
    "BIGNUMERIC": 32,
}
STRING_OVERHEAD = 2
# Bytes of text in columns of strings; a UUID has 36.
TEXT_BYTES = {
    **dict.fromkeys(
        ("id", "message_id", "anonymous_id", "user_id", "previous_id", "identifier", "user_key"), 36
    ),
    **dict.fromkeys(("known_user_id", "canonical_user_id", "reached_user_id"), 36),
    **dict.fromkeys(("experiment_id", "experiment_name", "slug", "trait"), 32),
    **dict.fromkeys(("counts", "name", "hypothesis", "experiment_ids"), 200),
}
OTHER_TEXT_BYTES = 12


@dataclass(frozen=True)
class Traffic:
    """What a company sends.

    Args:
        exposures: Exposure events a month.
        months: Months of history in the tables.
        runs_per_day: Runs a day, evenly spaced.
        tracks: Track events per exposure, those of metrics and exposures included.
        pages: Page events per exposure.
        identifies: Identify calls per exposure.
        aliases: Alias calls per exposure.
        metric_events: Events of the metrics per exposure.
        exposures_per_assignment: Exposures of one user to one experiment.
        experiments_per_user: Experiments that one user is in, over the history.
        identifiers_per_user: Anonymous ids and user ids of one user.
        active_days: Days on which one user is seen, over the history.
        spans_per_active_day: Sessions of a user's day, and the tables that know of each.
        experiments: Experiments in the history.
        experiment_days: Days for which one experiment runs; they begin evenly over the history.
        settling_days: Days from its end until it has settled: the longest wait and `settle_days`.
        look_back_days: Days before the oldest open experiment of which messages are read.
        variants: Variants of one experiment.
        metrics: Metrics of the setting.
        metrics_per_assignment: Metrics of which one assigned user has a value.
        trait_columns: Experiment traits that one identify call carries.
    """

    exposures: float
    months: float = 12
    runs_per_day: float = 1
    tracks: float = 5
    pages: float = 3
    identifies: float = 0.2
    aliases: float = 0.02
    metric_events: float = 0.5
    exposures_per_assignment: float = 5
    experiments_per_user: float = 3
    identifiers_per_user: float = 2
    active_days: float = 10
    spans_per_active_day: float = 3
    experiments: float = 200
    experiment_days: float = 28
    settling_days: float = 44
    look_back_days: float = 44
    variants: float = 2
    metrics: float = 10
    metrics_per_assignment: float = 2
    trait_columns: float = 1

    @property
    def days(self) -> float:
        """Days of history."""
        return self.months * DAYS_PER_MONTH

    @property
    def exposures_ever(self) -> float:
        """Exposure events in the history."""
        return self.exposures * self.months

    @property
    def assignments(self) -> float:
        """Users and experiments that met."""
        return self.exposures_ever / self.exposures_per_assignment

    @property
    def users(self) -> float:
        """Users in the history."""
        return self.assignments / self.experiments_per_user

    @property
    def new_days(self) -> float:
        """Partitions of a day that a run reads: it takes up the whole day so far, every time."""
        return (self.runs_per_day + 1) / (2 * self.runs_per_day)

    @property
    def new_share(self) -> float:
        """The share of the messages that lies in the partitions that a run reads."""
        return min(1, self.new_days / self.days)

    @property
    def changed_share(self) -> float:
        """The share of the users who are seen in these partitions."""
        return min(1, self.active_days * self.new_share)

    @property
    def open_share(self) -> float:
        """The share of the experiments that have not settled."""
        return min(1, (self.experiment_days + self.settling_days) / self.days)

    @property
    def running_experiments(self) -> float:
        """The experiments that run at a time."""
        return self.experiments * min(1, self.experiment_days / self.days)

    def with_months(self, months: float) -> Traffic:
        """The same traffic with another history, in which as many experiments begin in a month."""
        return replace(self, months=months, experiments=self.experiments * months / self.months)

    @property
    def beside_share(self) -> float:
        """The share of the experiments that are open, and of those beside them."""
        return min(1, self.open_share + (self.settling_days + 30) / self.days)

    @property
    def exposure_share(self) -> float:
        """The share of the exposures that arrived since the oldest open experiment began."""
        return self.open_share

    @property
    def event_share(self) -> float:
        """The share of the events that can matter to the open experiments."""
        return min(1, self.open_share + self.look_back_days / self.days)


@dataclass(frozen=True)
class Size:
    """Rows of a table.

    Args:
        rows: After a full run.
        replaced: The share of the rows that an increment computes again.
        is_made_anew: After an increment the table holds only that share of its rows.
    """

    rows: float
    replaced: float = 1
    is_made_anew: bool = False


def sizes(traffic: Traffic) -> dict[str, Size]:
    """The sizes of all tables that the models read.

    A new model needs an entry here.
    """
    ever, new, changed = traffic.exposures_ever, traffic.new_share, traffic.changed_share
    arms = traffic.experiments * traffic.variants
    estimates = arms * traffic.metrics
    values = traffic.assignments * traffic.metrics_per_assignment
    days = traffic.days / 4  # of one experiment
    slices = 1 + days + 50 + 9  # all users, days, values of a dimension, phases
    pairs = arms**2 / 2
    identifiers = traffic.users * traffic.identifiers_per_user
    aliases = ever * traffic.aliases
    open_share = traffic.open_share
    beside = traffic.beside_share
    # The demo counts an order twice: the order, and its revenue.
    measures = ever * traffic.metric_events * 1.5
    activity = ever * (traffic.tracks + traffic.pages)
    spans = min(activity, traffic.users * traffic.active_days * traffic.spans_per_active_day)
    return {
        # Segment's tables. Exposures come from one of the two.
        "experiment_viewed": Size(ever, new),
        "ab_test_assigned": Size(0, new),
        "tracks": Size(ever * traffic.tracks, new),
        "pages": Size(ever * traffic.pages, new),
        "identifies": Size(ever * traffic.identifies, new),
        "aliases": Size(aliases, new),
        "order_completed": Size(ever * traffic.metric_events * 0.5, new),
        "feature_used": Size(ever * traffic.metric_events * 0.4, new),
        "signed_up": Size(ever * traffic.metric_events * 0.1, new),
        # Per message.
        "stg_segment__exposure_messages": Size(ever, new),
        "stg_segment__activity": Size(activity, new),
        "int_activity_spans": Size(spans, new),
        "stg_segment__metric_events": Size(measures, new),
        "stg_segment__identifies": Size(ever * traffic.identifies, new),
        "stg_segment__identify_traits": Size(
            ever * traffic.identifies * traffic.trait_columns, new
        ),
        "stg_segment__aliases": Size(aliases, new),
        # Per identifier.
        "identity_map": Size(identifiers),
        "int_identities": Size(identifiers),
        "int_identity_pairs": Size(identifiers, changed),
        "int_alias_links": Size(aliases),
        "int_alias_walks": Size(aliases),
        "int_canonical_users": Size(aliases),
        # Per user, kept.
        "experiment_assignments": Size(traffic.assignments, open_share),
        "int_user_metric_states": Size(values * 1.6, open_share),
        # Per user, of the experiments that a run computes.
        "int_user_variants": Size(traffic.assignments * 1.01, open_share, is_made_anew=True),
        "int_user_events": Size(measures, traffic.event_share, is_made_anew=True),
        "int_user_spans": Size(spans, traffic.event_share, is_made_anew=True),
        "int_user_activations": Size(traffic.users, open_share, is_made_anew=True),
        "int_user_assignment_periods": Size(
            traffic.assignments * 1.02, open_share, is_made_anew=True
        ),
        "int_user_activity": Size(traffic.assignments, open_share, is_made_anew=True),
        "int_user_phase_metrics": Size(values, open_share, is_made_anew=True),
        "int_user_funnels": Size(traffic.assignments, open_share, is_made_anew=True),
        "int_crossover_reasons": Size(traffic.assignments * 0.01, open_share, is_made_anew=True),
        "int_joint_assignments": Size(traffic.assignments, beside, is_made_anew=True),
        "int_joint_values": Size(values, beside, is_made_anew=True),
        "int_regression_users": Size(traffic.assignments, beside, is_made_anew=True),
        "int_regression_outcomes": Size(
            traffic.users * traffic.metrics_per_assignment, beside, is_made_anew=True
        ),
        "int_regression_residuals": Size(traffic.users, beside, is_made_anew=True),
        # Per day, experiment, variant or metric: small, however many users there are.
        "int_assigned_sample_ratio": Size(traffic.experiments),
        "int_arrivals": Size(10 * traffic.days),
        "int_processed_arrivals": Size(10 * traffic.days),
        "int_exposure_audit": Size(traffic.days * traffic.experiments / 4, new),
        "int_metric_audit": Size(10 * traffic.days, new),
        "int_trait_days": Size(traffic.days * traffic.experiments / 4, new),
        "int_experiment_days": Size(traffic.experiments * days),
        "int_slice_users": Size(arms * slices * 3),
        "int_daily_variants": Size(arms * days),
        "int_metric_sums": Size(estimates * slices),
        "int_metric_statistics": Size(estimates * slices),
        "int_slice_estimates": Size(estimates * slices * 2),
        "int_metric_parts": Size(traffic.metrics * 2),
        "int_received_days": Size(10 * traffic.days, new),
        "int_experiment_times": Size(traffic.experiments),
        "int_experiments_to_compute": Size(traffic.experiments),
        "int_computed_experiments": Size(traffic.experiments),
        "int_assignment_audit": Size(traffic.experiments),
        "int_trait_audit": Size(traffic.experiments),
        "int_attribution_totals": Size(estimates),
        "int_funnel_counts": Size(arms * 10),
        "int_retention_counts": Size(arms * 58),
        "int_regression_blocks": Size(traffic.experiments),
        "int_marginal_effects": Size(estimates),
        "int_funnel_steps": Size(10),
        "int_joint_variants": Size(arms),
        "int_variant_pairs": Size(pairs * 3),
        "int_interaction_sums": Size(pairs * traffic.metrics),
        "int_interaction_cells": Size(pairs * traffic.metrics),
        "int_regression_terms": Size(arms * traffic.metrics),
        "int_regression_counts": Size(pairs * 3),
        "int_regression_solution": Size(pairs * 3),
        "int_regression_effects": Size(arms),
        "int_regression_residual_sums": Size(pairs * traffic.metrics),
        "int_suppressed_identifiers": Size(2_000),
        "registry_suppressed_users": Size(1_000),
        "int_assignment_counts": Size(arms * traffic.days / 4 * 50),
        "int_experiment_metrics": Size(traffic.experiments * 3),
        "experiment_results": Size(estimates * 2),
        "experiment_scorecard": Size(estimates),
        "int_metric_estimates": Size(estimates * 2),
        "int_metric_caps": Size(traffic.experiments),
        "int_experiment_variants": Size(arms),
        "int_experiment_slugs": Size(traffic.experiments),
        "int_exposure_names": Size(arms),
        "int_stray_variants": Size(traffic.experiments),
        "stg_segment__exposure_names": Size(arms * traffic.days / 4, new),
        "int_assignment_totals": Size(traffic.experiments),
        "int_sample_ratio": Size(traffic.experiments),
        "int_sample_ratio_by_segment": Size(traffic.experiments * 10),
        "int_pre_period_balance": Size(traffic.experiments),
        "experiment_health": Size(traffic.experiments * 10),
        "experiments": Size(traffic.experiments),
        "registry_experiments": Size(traffic.experiments),
        "registry_experiment_variants": Size(arms),
        "int_metrics": Size(traffic.metrics),
        "int_as_of": Size(1),
    }


# What a query by hand reads of an exposure, and of an event with a value.
EXPOSURE_BY_HAND = {
    **dict.fromkeys(("user_id", "experiment_id", "variant"), "STRING"),
    "timestamp": "TIMESTAMP",
}
EVENT_BY_HAND = {"user_id": "STRING", "timestamp": "TIMESTAMP", "value": "FLOAT64"}


def usual_way(traffic: Traffic) -> float:
    """Bytes of the usual way: a query for each metric of each experiment that runs.

    A query reads all exposures and all events of one of the three tables with events of metrics.
    """
    tables = ("order_completed", "feature_used", "signed_up")
    rows = sizes(traffic)
    events = sum(rows[name].rows for name in tables) / len(tables)
    query = traffic.exposures_ever * width(EXPOSURE_BY_HAND) + events * width(EVENT_BY_HAND)
    return traffic.running_experiments * traffic.metrics * query


class SizeError(Exception):
    """A table or a type whose size is not known."""


def value_bytes(column: str, kind: str) -> int:
    """Bytes that BigQuery takes for one value of a column.

    Raises:
        SizeError: the type is unknown.
    """
    if column == LOAD_TIME:  # stands in no row, and costs nothing
        return 0
    if kind == "STRING":
        return STRING_OVERHEAD + TEXT_BYTES.get(column, OTHER_TEXT_BYTES)
    if kind not in TYPE_BYTES:
        raise SizeError(f"the column {column} has the type {kind}: add its bytes to sizes.py")
    return TYPE_BYTES[kind]


def width(columns: dict[str, str]) -> int:
    """Bytes of some columns, with their types, in one row."""
    return sum(value_bytes(name, kind) for name, kind in columns.items())
