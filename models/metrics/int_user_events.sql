{{ config(materialized='table_if_changed', **segment_experiments.table_layout(none, ['user_hash'])) }}
{#- Several models join the events, so they are put together once for all of them. -#}
with final as (

    select
        user_hash,
        measure,
        value,
        event_at,
        available_at
    from {{ ref('segment_experiments', 'int_stitched_events') }}

)

select * from final
