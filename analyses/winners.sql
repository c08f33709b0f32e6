{#-
    What to do with each variant, and the metric that counts most, with the interval and the p-value that decide:
    until the end the sequential ones.
-#}
select
    decisions.experiment_id,
    decisions.variant,
    decisions.decision,
    decisions.reason,
    scorecard.metric,
    scorecard.users,
    scorecard.relative_lift,
    scorecard.relative_interval_lower,
    scorecard.relative_interval_upper,
    scorecard.p_value,
    scorecard.verdict
from {{ ref('segment_experiments', 'experiment_decisions') }} as decisions
inner join {{ ref('segment_experiments', 'mart_experiments') }} as experiments
    on decisions.experiment_id = experiments.experiment_id
left join {{ ref('segment_experiments', 'experiment_scorecard') }} as scorecard
    on
        decisions.experiment_id = scorecard.experiment_id
        and decisions.variant = scorecard.variant
        and experiments.headline_metric = scorecard.metric
