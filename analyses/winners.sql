{#- The verdicts on the primary metrics, with the interval of the relative lift. -#}
select
    results.experiment_id,
    results.metric,
    results.variant,
    results.users,
    results.relative_lift,
    results.relative_lift_lower,
    results.relative_lift_upper,
    results.p_value,
    results.verdict
from {{ ref('segment_experiments', 'experiment_results') }} as results
inner join {{ ref('segment_experiments', 'mart_experiments') }} as experiments
    on
        results.experiment_id = experiments.experiment_id
        and results.metric = experiments.primary_metric
where
    not results.is_control
    and results.estimator = 'unadjusted'
