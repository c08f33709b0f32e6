with final as (
    {{ segment_experiments.messages_of_changed_users('stg_segment__metric_events', [
        'messages.measure', 'messages.value', 'messages.event_at',
        'cast(null as ' ~ segment_experiments.type_text() ~ ') as session_id'
    ], 'messages.rejection_reason is null') }}

    union all
    {{ segment_experiments.messages_of_changed_users('stg_segment__activity', [
        "'activity' as measure", segment_experiments.float_literal(1) ~ ' as value',
        'messages.event_at', 'messages.session_id'
    ]) }}

)

select * from final
