{{ config(materialized='ephemeral') }}
{#- Without an activation event in the registry no event is read. -#}
{%- set names = segment_experiments.activation_measures() | map(attribute='measure') | list %}
with events as (

    {{ segment_experiments.shared_rows('events') }}
    where {{ segment_experiments.is_one_of('shared.measure', names) }}

),

final as (

    select
        user_hash,
        {{ segment_experiments.activation_event_of('measure') }} as activation_event,
        event_at as activated_at,
        min(available_at) as available_at
    from events
    group by user_hash, {{ segment_experiments.activation_event_of('measure') }}, event_at

)

select * from final
