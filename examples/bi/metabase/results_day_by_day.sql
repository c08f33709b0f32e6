-- When could one have known? The lift per day, with the interval that may be looked at every day.
select
    date,
    variant,
    users,
    absolute_lift,
    sequential_lower,
    sequential_upper,
    sequential_p_value
from experiments.experiment_results_daily
where
    experiment_id = {{experiment_id}}
    and metric = 'signup_conversion'
    and estimator = 'unadjusted'
    and not is_control
order by variant, date
