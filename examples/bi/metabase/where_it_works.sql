-- Which users gain? Lifts by device, campaign and country that are large enough to be looked at.
select
    dimension,
    dimension_value,
    variant,
    users,
    control_users,
    relative_lift,
    p_value,
    p_value_holm
from experiments.experiment_results_by_dimension
where
    experiment_id = {{experiment_id}}
    and metric = 'signup_conversion'
    and estimator = 'unadjusted'
    and not is_control
    and not is_small_cell
order by p_value
