{{ config(materialized='ephemeral') }}
with final as (
    {{ segment_experiments.identity_sightings(is_pending=true) }}

)

select * from final
