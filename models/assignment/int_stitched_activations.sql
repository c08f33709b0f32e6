{{ config(materialized='ephemeral') }}
{#- Without an activation event in the registry no event is read. -#}
{%- set names = [] -%}
{%- for activation in segment_experiments.activation_measures() -%}
    {%- do names.append("'" ~ activation.measure ~ "'") -%}
{%- endfor %}
with events as (

    {{ segment_experiments.shared_rows('events') }}
    where {{ 'shared.measure in (' ~ names | join(', ') ~ ')' if names else 'false' }}

),

final as (

    select
        user_key,
        {{ segment_experiments.activation_event_of('measure') }} as activation_event,
        event_at as activated_at,
        min(available_at) as available_at
    from events
    group by user_key, {{ segment_experiments.activation_event_of('measure') }}, event_at

)

select * from final
