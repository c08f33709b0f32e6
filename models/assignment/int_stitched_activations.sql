{{ config(materialized='ephemeral') }}
{#- Without an activation event in the registry no event is read. -#}
{%- set measures = segment_experiments.activation_measures() -%}
with events as (

    {{ segment_experiments.shared_rows('int_user_events', 'int_stitched_events') }}
    where
        {%- if measures %}
        measure in (
            {%- for activation in measures %}
            '{{ activation.measure }}'{{ ',' if not loop.last }}
            {%- endfor %}
        )
        {%- else %}
        1 = 0
        {%- endif %}

),

final as (

    select distinct
        user_key,
        {{ segment_experiments.activation_event_of('measure') }} as activation_event,
        event_at as activated_at
    from events

)

select * from final
