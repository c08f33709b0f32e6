{{ config(
    enabled=segment_experiments.is_in_modules(['effect_by_age', 'retention']),
    **segment_experiments.table_layout(none, ['experiment_id', 'user_key'])
) }}
{%- set settling_time = segment_experiments.settling_time() %}

with analysed as (

    {{ segment_experiments.computed_rows('experiment_assignments', 'assignments', 'assigned_at') }}
    where assignments.exclusion_reason is null

),

spans as (

    {{ segment_experiments.shared_rows('spans') }}

),

-- What comes when its experiments have settled must not divide sessions that counted before.
punctual as (

    select
        spans.*,
        {% if settling_time is none -%}
        true as is_punctual
        {%- else -%}
        available_at <= {{ segment_experiments.add_seconds('first_at', settling_time - 86400) }}
            as is_punctual
        {%- endif %}
    from spans

),

with_span_before as (

    select
        punctual.*,
        max(last_at) over (
            partition by user_hash, is_punctual order by first_at, last_at, coalesce(session_id, '')
            rows between unbounded preceding and 1 preceding
        ) as active_until_before,
        lag(session_id) over (
            partition by user_hash, is_punctual order by first_at, last_at, coalesce(session_id, '')
        ) as session_before
    from punctual

),

-- Another session id begins a session; where one is missing, 30 minutes without activity do.
sessioned as (

    select
        with_span_before.*,
        is_punctual and coalesce(
            session_id <> session_before,
            first_at > {{ segment_experiments.end_of_session('active_until_before') }}
        ) as begins_session
    from with_span_before

),

active as (

    select
        analysed.experiment_id,
        analysed.user_key,
        analysed.variant,
        analysed.analysed_from,
        sessioned.first_at,
        sessioned.last_at,
        -- The assignment is a part of the first session, and so is the session that it falls into.
        case
            when
                sessioned.first_at < analysed.analysed_from
                or sessioned.session_id = sessioned.session_before
                then false
            when sessioned.active_until_before >= analysed.analysed_from then sessioned.begins_session
            else
                sessioned.is_punctual
                and sessioned.first_at > {{ segment_experiments.end_of_session('analysed.analysed_from') }}
        end as begins_session
    from analysed
    inner join sessioned on {{ segment_experiments.integer_hash('analysed.user_key') }} = sessioned.user_hash
    where
        sessioned.last_at >= analysed.analysed_from
        and {{ segment_experiments.is_in_time('sessioned.available_at', 'analysed') }}

),

second_sessions as (

    select
        active.*,
        min(case when begins_session then first_at end) over (
            partition by experiment_id, user_key
        ) as second_session_at
    from active

),

sides as (

    select true as is_first

    union all

    select false as is_first

),

-- A span lies within a day of the calendar, so in no more than two of those since the assignment.
sided as (

    select
        second_sessions.*,
        {{ segment_experiments.days_between(
            'second_sessions.analysed_from',
            'case when sides.is_first then second_sessions.first_at else second_sessions.last_at end'
        ) }} as day
    from second_sessions
    cross join sides
    where not sides.is_first or second_sessions.first_at >= second_sessions.analysed_from

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
            max(case when second_session_at is null or first_at < second_session_at then last_at end),
            analysed_from
        ) as first_session_active_at,
        min(second_session_at) as second_session_at
    from sided
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
