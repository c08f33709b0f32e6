{{ config(
    enabled=segment_experiments.is_in_modules(['effect_by_age', 'retention']),
    materialized='table',
    **segment_experiments.table_layout(none, ['experiment_id', 'user_key'])
) }}
{%- set settling_time = segment_experiments.settling_time() %}

with analysed as (

    {{ segment_experiments.computed_rows('experiment_assignments', 'assignments') }}
    where assignments.exclusion_reason is null

),

events as (

    {{ segment_experiments.shared_rows('events') }}
    where shared.measure = 'activity'

),

-- What comes when its experiments have settled must not divide sessions that counted before.
punctual as (

    select
        events.*,
        {% if settling_time is none -%}
        true as is_punctual
        {%- else -%}
        available_at <= {{ segment_experiments.add_seconds('event_at', settling_time - 86400) }}
            as is_punctual
        {%- endif %}
    from events

),

with_event_before as (

    select
        punctual.*,
        lag(event_at) over (
            partition by user_key, is_punctual order by event_at, session_id
        ) as event_before_at,
        lag(session_id) over (
            partition by user_key, is_punctual order by event_at, session_id
        ) as session_before
    from punctual

),

-- Another session id begins a session; where one is missing, 30 minutes without activity do.
sessioned as (

    select
        with_event_before.*,
        is_punctual and coalesce(
            session_id <> session_before,
            event_at > {{ segment_experiments.end_of_session('event_before_at') }}
        ) as begins_session
    from with_event_before

),

active as (

    select
        analysed.experiment_id,
        analysed.user_key,
        analysed.variant,
        analysed.analysed_from,
        sessioned.event_at,
        -- The assignment is a part of the first session.
        case
            when sessioned.event_before_at >= analysed.analysed_from then sessioned.begins_session
            else
                sessioned.is_punctual
                and sessioned.event_at > {{ segment_experiments.end_of_session('analysed.analysed_from') }}
        end as begins_session,
        {{ segment_experiments.days_between('analysed.analysed_from', 'sessioned.event_at') }} as day
    from analysed
    inner join sessioned on analysed.user_key = sessioned.user_key
    where
        sessioned.event_at >= analysed.analysed_from
        and {{ segment_experiments.is_in_time('sessioned.available_at', 'analysed') }}

),

second_sessions as (

    select
        active.*,
        min(case when begins_session then event_at end) over (
            partition by experiment_id, user_key
        ) as second_session_at
    from active

),

-- One bit per day: bit 0 for the first 24 hours, and so on.
summed as (

    select
        experiment_id,
        user_key,
        variant,
        analysed_from,
        {{ segment_experiments.bits_or(
            'case when day <= ' ~ segment_experiments.last_retention_day() ~ ' then day end'
        ) }} as active_days,
        max(day) as last_active_day,
        coalesce(
            max(case when second_session_at is null or event_at < second_session_at then event_at end),
            analysed_from
        ) as first_session_active_at,
        min(second_session_at) as second_session_at
    from second_sessions
    group by experiment_id, user_key, variant, analysed_from

),

final as (

    select
        experiment_id,
        user_key,
        variant,
        analysed_from,
        active_days,
        last_active_day,
        case
            when second_session_at < {{ segment_experiments.end_of_session('first_session_active_at') }}
                then second_session_at
            else {{ segment_experiments.end_of_session('first_session_active_at') }}
        end as first_session_until
    from summed

)

select * from final
