{{ config(materialized='table', **segment_experiments.table_layout(none, ['user_key'])) }}
{#- Several models join the events, so they are put together once for all of them. -#}
with final as (

    select * from {{ ref('segment_experiments', 'int_stitched_events') }}

)

select * from final
