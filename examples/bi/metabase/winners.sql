-- What to do with each variant, and the metric that counts most, with the interval and the p-value that decide:
-- until the end the sequential ones.
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
from experiments.experiment_decisions as decisions
inner join experiments.experiments as experiments
    on decisions.experiment_id = experiments.experiment_id
left join experiments.experiment_scorecard as scorecard
    on
        decisions.experiment_id = scorecard.experiment_id
        and decisions.variant = scorecard.variant
        and experiments.headline_metric = scorecard.metric
