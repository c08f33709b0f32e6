with messages as (
    {% set rows = segment_experiments.staging_rows({'event': 'identifies'}) %}
    {{ rows or segment_experiments.no_staging_rows() }}

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
        anonymous_id,
        user_id,
        event_at as identified_at,
        received_at
    from deliveries
    where delivery_number = 1

)

select * from final
