{{ config(materialized='view') }}
with user_metrics as (

    select * from {{ ref('segment_experiments', 'int_eligible_user_metrics') }}

),

caps as (

    select * from {{ ref('segment_experiments', 'int_metric_caps') }}

),

final as (

    select
        user_metrics.experiment_id,
        user_metrics.user_key,
        user_metrics.variant,
        user_metrics.metric,
        case
            when user_metrics.value > caps.value_cap then caps.value_cap
            else user_metrics.value
        end as value,
        user_metrics.denominator,
        case
            when user_metrics.covariate > caps.covariate_cap then caps.covariate_cap
            else user_metrics.covariate
        end as covariate,
        user_metrics.covariate_denominator,
        user_metrics.analysed_from,
        user_metrics.first_event_at
    from user_metrics
    left join caps
        on
            user_metrics.experiment_id = caps.experiment_id
            and user_metrics.metric = caps.metric

)

select * from final
