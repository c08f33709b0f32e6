-- The verdicts on the metric that counts most, with the interval and the p-value that decide: while an
-- experiment runs the sequential ones.
select
    results.experiment_id,
    results.metric,
    results.variant,
    results.users,
    results.relative_lift,
    case
        when experiments.status = 'concluded' then results.relative_lift_lower
        else results.sequential_relative_lower
    end as relative_lift_lower,
    case
        when experiments.status = 'concluded' then results.relative_lift_upper
        else results.sequential_relative_upper
    end as relative_lift_upper,
    case
        when experiments.status = 'concluded' then results.p_value
        else results.sequential_p_value
    end as p_value,
    results.verdict
from experiments.experiment_results as results
inner join experiments.experiments as experiments
    on
        results.experiment_id = experiments.experiment_id
        and results.metric = experiments.headline_metric
where
    not results.is_control
    and results.estimator = 'unadjusted'
