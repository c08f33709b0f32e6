with messages as (
    {{ segment_experiments.united_staging_rows(segment_experiments.activity_sources()) }}

),

deliveries as (

    select
        messages.*,
        {{ segment_experiments.delivery_number([
            'event_at', 'user_id', 'anonymous_id'
        ]) }} as delivery_number
    from messages
    where anonymous_id is not null or user_id is not null

),

final as (

    select
        message_id,
        event_table,
        anonymous_id,
        user_id,
        event_at,
        received_at
    from deliveries
    where
        delivery_number = 1
        and event_at is not null

)

select * from final
