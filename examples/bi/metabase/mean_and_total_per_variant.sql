-- Users, total and mean of a metric per variant from the user-level marts. Users without a row in
-- experiment_user_metrics count as zero, so the users come from experiment_assignments.
select
    assignments.variant,
    count(*) as users,
    sum(coalesce(user_metrics.value, 0)) as total,
    sum(coalesce(user_metrics.value, 0)) / count(*) as mean
from experiments.experiment_assignments as assignments
left join experiments.experiment_user_metrics as user_metrics
    on
        assignments.experiment_id = user_metrics.experiment_id
        and assignments.user_key = user_metrics.user_key
        and user_metrics.metric = 'revenue_per_user'
where
    assignments.experiment_id = {{experiment_id}}
    and assignments.exclusion_reason is null
group by assignments.variant
