{{ config(materialized='ephemeral') }}
{%- set as_of = segment_experiments.setting('as_of') -%}
{%- set condition = segment_experiments.is_of_event_day('messages.arrival_day') -%}
{%- if as_of -%}
    {%- set condition = condition ~ ' and messages.event_at <= ' ~ segment_experiments.timestamp_literal(as_of) -%}
{%- endif %}

with {{ segment_experiments.user_messages_cte(
    'stg_segment__metric_events', 'metric_events', condition ~ ' and messages.rejection_reason is null'
) }},

final as (

    select
        user_hash,
        measure,
        value,
        event_at,
        {{ segment_experiments.available_at('received_at', 'arrival_day') }} as available_at
    from metric_events

)

select * from final
