{{ config(**segment_experiments.by_arrival_day(['user_id'])) }}
-- depends_on: {{ ref('segment_experiments', 'int_arrivals') }}
with messages as (
    {{ segment_experiments.united_staging_rows(segment_experiments.raw_tables_of({'event': 'identifies'})) }}

),

final as (

    select
        message_id,
        event_table,
        anonymous_id,
        user_id,
        event_at as identified_at,
        received_at,
        arrival_day
    from messages
    where anonymous_id is not null or user_id is not null

)

select * from final
