{{ config(materialized='view') }}
with user_metrics as (

    select * from {{ ref('segment_experiments', 'int_analysed_user_metrics') }}

),

final as (

    select
        experiment_id,
        user_key,
        variant,
        metric,
        value,
        denominator,
        covariate,
        first_event_at
    from user_metrics
    where
        value <> 0
        or coalesce(denominator, 0) <> 0
        or covariate <> 0

)

select * from final
