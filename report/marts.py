"""What the report reads: public marts only, and of them only some columns."""

from __future__ import annotations

from dataclasses import dataclass, field

COMPARED = {"is_control": "not is_control", "estimator": "estimator = 'unadjusted'"}


@dataclass(frozen=True)
class Mart:
    """A table to read.

    Attributes:
        model: name of the dbt model.
        columns: columns that the report cannot do without.
        optional: columns that are null where the table has none.
        conditions: column -> SQL condition that applies where the table has the column.
    """

    model: str
    columns: tuple[str, ...]
    optional: tuple[str, ...] = ()
    conditions: dict[str, str] = field(default_factory=dict)


COMPARISON = ("experiment_id", "metric", "variant")
LIFT = (
    *("users", "control_users", "mean", "control_mean", "absolute_lift"),
    *("absolute_lift_lower", "absolute_lift_upper", "relative_lift", "relative_lift_lower"),
    *("relative_lift_upper", "relative_lift_status"),
    *("sequential_relative_lower", "sequential_relative_upper"),
    *("p_value", "p_value_holm", "p_value_bh"),
)

EXPERIMENTS = Mart(
    "mart_experiments",
    (
        *("experiment_id", "control_variant", "variants", "started_at", "ended_at", "status"),
        *("primary_metric", "headline_metric", "users", "first_assigned_at", "last_assigned_at"),
    ),
    ("owner", "hypothesis", "excluded_users", "is_registered", "has_reached_end"),
)
RESULTS = Mart(
    "experiment_results",
    (*COMPARISON, "metric_type", "control_variant", "is_control", "estimator", *LIFT),
    (
        *("verdict", "verdict_at_end", "status", "required_users", "minimum_detectable_effect"),
        *("variance_reduction", "as_of"),
    ),
)
HEALTH = Mart(
    "experiment_health",
    ("experiment_id", "check_name", "status", "value", "threshold", "detail"),
)
DECISIONS = Mart(
    "experiment_decisions",
    ("experiment_id", "variant", "decision", "reason", "registered_decision"),
)
AUDIT = Mart(
    "tracking_audit",
    ("check_name", "experiment_id", "affected_rows", "total_rows", "share", "example", "advice"),
    ("metric",),
    conditions={"affected_rows": "affected_rows > 0"},
)
RETENTION = Mart(
    "experiment_retention",
    (
        *("experiment_id", "variant", "retention_type", "day", "eligible_users"),
        *("retained_users", "retention_rate", "lower", "upper", "absolute_lift", "p_value"),
    ),
)
DAILY = Mart("experiment_results_daily", (*COMPARISON, "date"), LIFT, COMPARED)
BY_DIMENSION = Mart(
    "experiment_results_by_dimension",
    (*COMPARISON, "dimension", "dimension_value", "is_small_cell"),
    LIFT,
    COMPARED,
)
BY_AGE = Mart("experiment_effect_by_age", (*COMPARISON, "phase"), LIFT, COMPARED)
FUNNEL = Mart(
    "experiment_funnel",
    (
        *("experiment_id", "funnel", "variant", "step_number", "step", "users"),
        *("rate_from_start", "rate_from_previous", "absolute_lift", "p_value"),
    ),
)
INTERACTIONS = Mart(
    "experiment_interactions",
    (
        *("experiment_a", "experiment_b", "metric", "shared_users", "dependence_p_value"),
        *("interaction_effect", "standard_error", "p_value", "p_value_bh"),
    ),
    ("variant_a", "variant_b", "variants"),
)
MARGINAL = Mart(
    "experiment_marginal_effects",
    (
        *("metric", "experiment_id", "variant", "users", "marginal_effect", "standard_error"),
        *("p_value", "lower", "upper", "incremental_total", "effect_rank"),
    ),
)
ATTRIBUTION = Mart(
    "experiment_attribution",
    (
        *("metric", "experiment_id", "variant", "attribution_model"),
        *("attributed_conversions", "attributed_value"),
    ),
)

# Without these there is no report; each other one is a section that may be left out.
NEEDED = (EXPERIMENTS, RESULTS, HEALTH)
FURTHER = (
    *(DECISIONS, AUDIT, RETENTION, DAILY, BY_DIMENSION, BY_AGE, FUNNEL, INTERACTIONS, MARGINAL),
    ATTRIBUTION,
)
