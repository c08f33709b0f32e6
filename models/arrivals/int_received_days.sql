{#- So that the newest message is found without a look at the messages of all time. -#}
{{ config(**segment_experiments.by_arrival_day(['event_table'])) }}

with messages as (

    {%- for messages in segment_experiments.message_models() %}

    select
        messages.event_table,
        messages.arrival_day,
        messages.received_at
    from {{ ref('segment_experiments', messages.model) }} as messages
    where {{ segment_experiments.is_pending_row('messages') }}
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

),

final as (

    select
        event_table,
        arrival_day,
        max(received_at) as last_received_at
    from messages
    group by event_table, arrival_day

)

select * from final
