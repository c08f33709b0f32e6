-- Did both variants fill at the same pace? Newly assigned users per day and variant.
select
    experiment_id,
    cast(assigned_at as date) as assigned_on,
    variant,
    count(*) as users
from experiments.experiment_assignments
where exclusion_reason is null
group by experiment_id, cast(assigned_at as date), variant
