-- Who comes back? Retention on day 1, 7 and 28, and from then on.
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
from experiments.experiment_retention
where
    experiment_id = {{experiment_id}}
    and day in (1, 7, 28)
order by retention_type, day, variant
