{{ config(
    enabled=segment_experiments.is_in_modules('audits'),
    **segment_experiments.by_arrival_day(['measure'])
) }}
{%- set findings = segment_experiments.metric_findings() %}

with metric_events as (

    select messages.*
    from {{ ref('segment_experiments', 'stg_segment__metric_events') }} as messages
    where {{ segment_experiments.is_pending_row('messages') }}

),

activity as (

    select messages.*
    from {{ ref('segment_experiments', 'stg_segment__activity') }} as messages
    where {{ segment_experiments.is_pending_row('messages') }}

),

messages as (

    select
        arrival_day,
        event_table,
        measure,
        message_id,
        received_at,
        unread_value,
        is_day,
        rejection_reason
    from metric_events

    union all

    select
        arrival_day,
        event_table,
        'activity' as measure,
        message_id,
        received_at,
        cast(null as {{ segment_experiments.type_text() }}) as unread_value,
        is_day,
        cast(null as {{ segment_experiments.type_text() }}) as rejection_reason
    from activity

),

final as (

    select
        arrival_day,
        event_table,
        count(*) as deliveries,
        {%- for name, (condition, example) in findings.items() %}
        sum(case when {{ condition }} then 1 else 0 end) as {{ name }},
        min(case when {{ condition }} then received_at end) as {{ name }}_first,
        max(case when {{ condition }} then received_at end) as {{ name }}_last,
        min(case when {{ condition }} then {{ example }} end) as {{ name }}_example,
        {%- endfor %}
        measure
    from messages
    group by arrival_day, event_table, measure

)

select * from final
