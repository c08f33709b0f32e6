{#-
    Metrics share a few waiting times, so users are counted once per waiting time, not per metric.
-#}
{{ config(**segment_experiments.by_experiment()) }}

with assignments as (

    {{ segment_experiments.computed_rows('experiment_assignments', 'assignments', 'assigned_at') }}
    where assignments.exclusion_reason is null

),

metrics as (

    select * from {{ ref('segment_experiments', 'int_metrics') }}

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
    cross join waiting_times
    where
        not waiting_times.is_mature_only
        or {{ segment_experiments.is_mature(
            'assignments.analysed_from', 'waiting_times.maturity_seconds', 'assignments.as_of'
        ) }}
    group by
        assignments.experiment_id,
        assignments.variant,
        waiting_times.is_mature_only,
        waiting_times.maturity_seconds

)

select * from final
