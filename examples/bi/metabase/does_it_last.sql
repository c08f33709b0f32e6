-- Is it more than the charm of novelty? The lift by session and by days since the assignment.
select
    metric,
    variant,
    phase,
    users,
    absolute_lift,
    p_value,
    effect_trend,
    effect_trend_p_value
from experiments.experiment_effect_by_age
where
    experiment_id = {{experiment_id}}
    and not is_control
order by metric, variant, phase_number
