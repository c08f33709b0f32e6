{{ config(
    materialized='table', **segment_experiments.table_layout(none, ['experiment_id', 'user_key'])
) }}
with final as (

    select * from {{ ref('segment_experiments', 'int_stitched_variants') }}

)

select * from final
