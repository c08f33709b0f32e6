{{ config(materialized='view') }}
with states as (

    select * from {{ ref('segment_experiments', 'int_user_metric_states') }}
    where until_day is null

),

metrics as (

    select * from {{ ref('segment_experiments', 'int_metrics') }}

),

as_of as (

    select * from {{ ref('segment_experiments', 'int_as_of') }}

),

final as (

    select
        states.experiment_id,
        states.user_key,
        states.variant,
        states.metric,
        states.value,
        case when metrics.metric_type = 'ratio' then states.denominator end as denominator,
        states.covariate,
        case when metrics.metric_type = 'ratio' then states.covariate_denominator end
            as covariate_denominator,
        states.analysed_from,
        states.first_event_at,
        metrics.cap_percentile
    from states
    inner join metrics on states.metric = metrics.metric
    cross join as_of
    where
        not metrics.is_mature_only
        or {{ segment_experiments.is_mature(
            'states.analysed_from', 'metrics.maturity_seconds', 'as_of.as_of'
        ) }}

)

select * from final
