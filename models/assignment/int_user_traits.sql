{%- set trait_order = ['identified_at', "coalesce(anonymous_id, '')"] -%}
{{ config(materialized='ephemeral') }}
{%- set as_of = segment_experiments.setting('as_of') %}

with {{ segment_experiments.computed_traits_cte('traits') }},

stitched as (

    select * from traits
    {%- if as_of %}
    where identified_at <= {{ segment_experiments.timestamp_literal(as_of) }}
    {%- endif %}

),

chosen as (

    select
        user_key,
        experiment_id,
        variant,
        max(user_id) as user_id,
        {{ segment_experiments.first_row_by('first_trait', ['anonymous_id'], trait_order) }},
        min(identified_at) as first_identified_at,
        max(identified_at) as last_identified_at
    from {{ segment_experiments.first_row_source(
        'stitched', ['user_key', 'experiment_id', 'variant'], trait_order
    ) }}
    group by user_key, experiment_id, variant

),

final as (

    select
        user_key,
        experiment_id,
        variant,
        user_id,
        {{ segment_experiments.first_row_column('first_trait', 'anonymous_id') }} as anonymous_id,
        first_identified_at,
        last_identified_at
    from chosen

)

select * from final
