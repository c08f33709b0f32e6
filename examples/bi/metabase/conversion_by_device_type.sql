-- Does the variant work on every device? Conversion per variant and dimension of the assignment.
select
    assignments.device_type,
    assignments.variant,
    count(*) as users,
    sum(coalesce(user_metrics.value, 0)) / count(*) as conversion_rate
from experiments.experiment_assignments as assignments
left join experiments.experiment_user_metrics as user_metrics
    on
        assignments.experiment_id = user_metrics.experiment_id
        and assignments.user_key = user_metrics.user_key
        and user_metrics.metric = 'signup_conversion'
where
    assignments.experiment_id = {{experiment_id}}
    and assignments.exclusion_reason is null
group by assignments.device_type, assignments.variant
