{{ config(materialized='view') }}
{%- set is_ratio = segment_experiments.is_ratio('metrics.metric_type') %}
with assignments as (

    select * from {{ ref('segment_experiments', 'experiment_assignments') }}
    where exclusion_reason is null

),

metrics as (

    select * from {{ ref('segment_experiments', 'int_metrics') }}

),

times as (

    select * from {{ ref('segment_experiments', 'int_experiment_times') }}

),

user_metrics as (

    select * from {{ ref('segment_experiments', 'int_analysed_user_metrics') }}

),

final as (

    select
        assignments.experiment_id,
        assignments.user_key,
        assignments.variant,
        metrics.metric,
        coalesce(user_metrics.value, 0.0) as value,
        case when {{ is_ratio }} then coalesce(user_metrics.denominator, 0.0) end as denominator,
        coalesce(user_metrics.covariate, 0.0) as covariate,
        user_metrics.first_event_at
    from assignments
    inner join times on assignments.experiment_id = times.experiment_id
    cross join metrics
    left join user_metrics
        on
            assignments.experiment_id = user_metrics.experiment_id
            and assignments.user_key = user_metrics.user_key
            and metrics.metric = user_metrics.metric
    where
        not metrics.is_mature_only
        or {{ segment_experiments.is_mature(
            'assignments.analysed_from', 'metrics.maturity_seconds', 'times.as_of'
        ) }}

)

select * from final
