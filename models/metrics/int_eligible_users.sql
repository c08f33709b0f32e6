{#-
    Metrics share a few waiting times, so users are counted once per waiting time, not per metric.
-#}
with assignments as (

    select * from {{ ref('segment_experiments', 'experiment_assignments') }}

),

metrics as (

    select * from {{ ref('segment_experiments', 'int_metrics') }}

),

as_of as (

    select * from {{ ref('segment_experiments', 'int_as_of') }}

),

waiting_times as (

    select distinct
        is_mature_only,
        maturity_seconds
    from metrics

),

final as (

    select
        assignments.experiment_id,
        assignments.variant,
        waiting_times.is_mature_only,
        waiting_times.maturity_seconds,
        count(*) as users
    from assignments
    cross join as_of
    cross join waiting_times
    where
        assignments.exclusion_reason is null
        and (
            not waiting_times.is_mature_only
            or {{ segment_experiments.is_mature(
                'assignments.analysed_from', 'waiting_times.maturity_seconds', 'as_of.as_of'
            ) }}
        )
    group by
        assignments.experiment_id,
        assignments.variant,
        waiting_times.is_mature_only,
        waiting_times.maturity_seconds

)

select * from final
