{{ config(**segment_experiments.by_arrival_day(['user_id'])) }}
-- depends_on: {{ ref('segment_experiments', 'int_arrivals') }}
with all_messages as (
    {{ segment_experiments.united_staging_rows(segment_experiments.raw_tables_of({'event': 'identifies'})) }}

),

messages as (

    select * from all_messages
    where anonymous_id is not null or user_id is not null

),

{{ segment_experiments.marked_copies_ctes('messages', 'deliveries', [], ['event_at']) }},

final as (

    select
        message_id,
        event_table,
        anonymous_id,
        user_id,
        event_at as identified_at,
        received_at,
        arrival_day,
        is_copy
    from deliveries

)

select * from final
