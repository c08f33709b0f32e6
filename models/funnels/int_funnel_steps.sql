{{ config(materialized='view', enabled=segment_experiments.is_in_modules('funnels')) }}
{%- set funnels = segment_experiments.funnels() -%}

with final as (

    {%- for funnel in funnels %}
    {%- set is_last_funnel = loop.last %}
    {%- for step in funnel.steps %}

    select
        '{{ funnel.name }}' as funnel,
        {{ loop.index }} as step_number,
        {{ segment_experiments.string_literal(step.step) }} as step,
        '{{ step.measure }}' as measure,
        {{ step.is_repeated | lower }} as is_repeated,
        cast({{ funnel.window_days * 86400 }} as {{ segment_experiments.type_double() }}) as window_seconds,
        {{ funnel.mature_only | lower }} as is_mature_only
    {%- if not (loop.last and is_last_funnel) %}

    union all
    {%- endif %}
    {%- endfor %}
    {%- else %}

    select
        {%- for name in ['funnel', 'step', 'measure'] %}
        cast(null as {{ segment_experiments.type_text() }}) as {{ name }},
        {%- endfor %}
        1 as step_number,
        true as is_repeated,
        cast(null as {{ segment_experiments.type_double() }}) as window_seconds,
        true as is_mature_only
    from (select 1 as nothing) as no_funnel
    where nothing = 0
    {%- endfor %}

)

select * from final
