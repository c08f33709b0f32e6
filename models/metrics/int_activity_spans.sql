{{ config(
    enabled=segment_experiments.reads_activity(),
    **segment_experiments.by_arrival_day(['identity_hash'])
) }}
{#-
    Activity is by far the most that Segment sends, and what is asked of it are days and sessions: the first and the
    last message of each say the same.
-#}
{%- set day = 'arrival_day, event_table, identity_hash, available_on, active_on, session_id' %}

with all_messages as (

    select
        messages.arrival_day,
        messages.event_table,
        {{ segment_experiments.identity_hash('messages') }} as identity_hash,
        messages.session_id,
        messages.event_at,
        cast(messages.event_at as date) as active_on,
        {{ segment_experiments.available_at('messages.received_at', 'messages.arrival_day') }} as available_at
    from {{ ref('segment_experiments', 'stg_segment__activity') }} as messages
    where
        not messages.is_copy
        and {{ segment_experiments.is_pending_row('messages') }}

),

messages as (

    select
        all_messages.*,
        cast(available_at as date) as available_on
    from all_messages

),

-- Without a session id, a pause begins another span.
paused as (

    select
        messages.*,
        lag(event_at) over (
            partition by {{ day }}
            order by event_at
        ) as event_before_at
    from messages
    where session_id is null

),

numbered as (

    select
        paused.*,
        sum(
            case when event_at > {{ segment_experiments.end_of_session('event_before_at') }} then 1 else 0 end
        ) over (
            partition by {{ day }}
            order by event_at
            rows between unbounded preceding and current row
        ) as span_number
    from paused

),

spans as (

    select
        {{ day }},
        event_at,
        available_at,
        0 as span_number
    from messages
    where session_id is not null

    union all

    select
        {{ day }},
        event_at,
        available_at,
        span_number
    from numbered

),

final as (

    select
        arrival_day,
        event_table,
        identity_hash,
        session_id,
        min(event_at) as first_at,
        max(event_at) as last_at,
        max(available_at) as available_at
    from spans
    group by {{ day }}, span_number

)

select * from final
