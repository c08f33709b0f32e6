{{ config(materialized='ephemeral') }}
{%- set as_of = segment_experiments.setting('as_of') -%}
{%- set condition = segment_experiments.is_of_event_day('messages.arrival_day') -%}
{%- if as_of -%}
    {%- set condition = condition ~ ' and messages.event_at <= ' ~ segment_experiments.timestamp_literal(as_of) -%}
{%- endif %}

with {{ segment_experiments.user_messages_cte(
    'stg_segment__metric_events', 'metric_events', condition ~ ' and messages.rejection_reason is null'
) }},

{{ segment_experiments.user_messages_cte('stg_segment__activity', 'activity', condition) }},

final as (

    select
        user_key,
        measure,
        value,
        event_at,
        {{ segment_experiments.available_at('received_at', 'arrival_day') }} as available_at,
        cast(null as {{ segment_experiments.type_text() }}) as session_id
    from metric_events

    union all

    select
        user_key,
        'activity' as measure,
        {{ segment_experiments.float_literal(1) }} as value,
        event_at,
        {{ segment_experiments.available_at('received_at', 'arrival_day') }} as available_at,
        session_id
    from activity

)

select * from final
