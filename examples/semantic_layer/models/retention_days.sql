-- One row per experiment, variant, type and day of retention, as of the last run.
with results as (

    select
        experiment_id,
        max(as_of) as as_of
    from {{ ref('segment_experiments', 'experiment_results') }}
    group by experiment_id

)

select
    retention.experiment_id || ' / ' || retention.variant || ' / ' || retention.retention_type
    || ' / ' || cast(retention.day as {{ dbt.type_string() }}) as retention_day_id,
    retention.experiment_id,
    retention.variant,
    retention.retention_type,
    retention.day as day_number,
    retention.eligible_users,
    retention.retained_users,
    results.as_of
from {{ ref('segment_experiments', 'experiment_retention') }} as retention
inner join results on retention.experiment_id = results.experiment_id
