{{ config(severity=segment_experiments.setting('registry_severity'), store_failures=true) }}
{%- set existing = [] -%}
{%- for activation in segment_experiments.activation_measures()
    if segment_experiments.columns_of_all_sources(activation.event) -%}
    {%- do existing.append(segment_experiments.string_literal(activation.event)) -%}
{%- endfor %}

with experiments as (

    select * from {{ ref('segment_experiments', 'stg_registry__experiments') }}

),

final as (

    select
        experiment_id,
        activation_event,
        'The activation_event is no table of Segment (yet): nobody is analysed.' as message
    from experiments
    where
        activation_event is not null
        {%- if existing %}
        and activation_event not in ({{ existing | join(', ') }})
        {%- endif %}

)

select * from final
