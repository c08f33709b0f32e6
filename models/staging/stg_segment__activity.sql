{{ config(**segment_experiments.by_arrival_day(['user_id', 'anonymous_id'])) }}
-- depends_on: {{ ref('segment_experiments', 'int_arrivals') }}
with all_messages as (
    {{ segment_experiments.united_staging_rows(
        segment_experiments.activity_sources(), segment_experiments.activity_texts()
    ) }}

),

messages as (

    select * from all_messages
    where
        (anonymous_id is not null or user_id is not null)
        and event_at is not null

),

{{ segment_experiments.marked_copies_ctes('messages', 'deliveries', [], ['event_at', 'session_id']) }},

final as (

    select
        message_id,
        event_table,
        anonymous_id,
        user_id,
        session_id,
        event_at,
        is_day,
        received_at,
        content_digest,
        arrival_day,
        is_copy
    from deliveries

)

select * from final
