{{ config(
    materialized='table_if_changed', **segment_experiments.table_layout(none, ['experiment_id', 'user_key'])
) }}
with final as (

    select
        user_key,
        experiment_id,
        variant,
        user_id,
        anonymous_id,
        assigned_at_source,
        {%- for name in segment_experiments.assignment_dimensions() %}
        {{ name }},
        {%- endfor %}
        assigned_at,
        first_seen_on,
        last_exposed_at,
        exposures
    from {{ ref('segment_experiments', 'int_stitched_variants') }}

)

select * from final
