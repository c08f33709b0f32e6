{{ config(materialized='ephemeral') }}
with final as (
    {{ segment_experiments.identity_sightings(is_all=false) }}

)

select * from final
