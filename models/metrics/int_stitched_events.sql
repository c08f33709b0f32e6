{{ config(materialized='ephemeral') }}
{%- set as_of = segment_experiments.setting('as_of') -%}
{%- set condition = 'messages.event_at <= ' ~ segment_experiments.timestamp_literal(as_of)
    if as_of else 'true' -%}
{%- set changed_events = ref('segment_experiments', 'int_changed_events') -%}

{% if segment_experiments.is_increment() -%}
with events as (

    select messages.*
    from {{ changed_events }} as messages
    where
        not messages.is_copy
        and {{ condition }}

),

final as (

    select
        user_key,
        measure,
        value,
        event_at,
        session_id
    from events

)
{%- else -%}
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
        cast(null as {{ segment_experiments.type_text() }}) as session_id
    from metric_events

    union all

    select
        user_key,
        'activity' as measure,
        {{ segment_experiments.float_literal(1) }} as value,
        event_at,
        session_id
    from activity

)
{%- endif %}

select * from final
