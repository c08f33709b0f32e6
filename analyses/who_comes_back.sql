{{ config(enabled=segment_experiments.is_in_modules('retention')) }}
{#- Who comes back? Retention on day 1, 7 and 28, and from then on. -#}
select
    retention_type,
    day,
    variant,
    eligible_users,
    retention_rate,
    lower,
    upper,
    absolute_lift,
    p_value
from {{ ref('segment_experiments', 'experiment_retention') }}
where
    experiment_id = 'onboarding-flow-guided-tour-2026-09'
    and day in (1, 7, 28)
order by retention_type, day, variant
