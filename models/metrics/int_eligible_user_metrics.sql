{{ config(materialized='view') }}
with user_metrics as (

    select * from {{ ref('segment_experiments', 'int_user_metrics') }}

),

metrics as (

    select * from {{ ref('segment_experiments', 'int_metrics') }}

),

as_of as (

    select * from {{ ref('segment_experiments', 'int_as_of') }}

),

final as (

    select
        user_metrics.experiment_id,
        user_metrics.user_key,
        user_metrics.variant,
        user_metrics.metric,
        user_metrics.value,
        user_metrics.denominator,
        user_metrics.covariate,
        user_metrics.covariate_denominator,
        user_metrics.analysed_from,
        user_metrics.first_event_at,
        metrics.cap_percentile
    from user_metrics
    inner join metrics on user_metrics.metric = metrics.metric
    cross join as_of
    where
        not metrics.is_mature_only
        or {{ segment_experiments.is_mature(
            'user_metrics.analysed_from', 'metrics.maturity_seconds', 'as_of.as_of'
        ) }}

)

select * from final
