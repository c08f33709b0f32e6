{{ config(enabled=segment_experiments.is_in_modules('effect_by_age')) }}
{#- Is it more than the charm of novelty? The lift by session and by days since the assignment. -#}
select
    metric,
    variant,
    phase,
    users,
    absolute_lift,
    p_value,
    effect_trend,
    effect_trend_p_value
from {{ ref('segment_experiments', 'experiment_effect_by_age') }}
where
    experiment_id = 'onboarding-flow-guided-tour-2026-09'
    and not is_control
order by metric, variant, phase_number
