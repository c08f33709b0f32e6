{#-
    The verdicts on the metric that counts most, with the interval and the p-value that decide: while an
    experiment runs the sequential ones.
-#}
select
    results.experiment_id,
    results.metric,
    results.variant,
    results.users,
    results.relative_lift,
    case
        when experiments.has_reached_end then results.relative_lift_lower
        else results.sequential_relative_lower
    end as relative_lift_lower,
    case
        when experiments.has_reached_end then results.relative_lift_upper
        else results.sequential_relative_upper
    end as relative_lift_upper,
    case
        when experiments.has_reached_end then results.p_value
        else results.sequential_p_value
    end as p_value,
    results.verdict
from {{ ref('segment_experiments', 'experiment_results') }} as results
inner join {{ ref('segment_experiments', 'mart_experiments') }} as experiments
    on
        results.experiment_id = experiments.experiment_id
        and results.metric = experiments.headline_metric
where
    not results.is_control
    and results.estimator = 'unadjusted'
