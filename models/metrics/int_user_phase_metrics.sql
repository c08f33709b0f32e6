{{ config(**segment_experiments.by_user('analysed_from', ['experiment_id', 'metric', 'user_key'])) }}
{#-
    Whether a user is old enough for a phase is asked where the table is read. A phase takes the place
    of the metric's window. The trend is one more phase, in which the value of a user is the slope of
    his values over the days.
-#}
{%- set trend = segment_experiments.trend_of_phases() -%}
{%- set by_day = segment_experiments.phases() | rejectattr('first_day', 'none') | list -%}
with assignments as (

    {{ segment_experiments.rows_of_changed_users('experiment_assignments', 'assignments') }}
    where assignments.exclusion_reason is null

),

activity as (

    select * from {{ ref('segment_experiments', 'int_user_activity') }}

),

events as (

    {{ segment_experiments.shared_rows('events') }}

),

metrics as (

    select * from {{ ref('segment_experiments', 'int_metrics') }}

),

-- Without any activity the first session is the assignment alone.
analysed as (

    select
        assignments.experiment_id,
        assignments.user_key,
        assignments.variant,
        assignments.analysed_from,
        coalesce(
            activity.first_session_until,
            {{ segment_experiments.end_of_session('assignments.analysed_from') }}
        ) as first_session_until
    from assignments
    left join activity
        on
            assignments.experiment_id = activity.experiment_id
            and assignments.user_key = activity.user_key

),

matched as (

    select
        analysed.experiment_id,
        analysed.user_key,
        analysed.variant,
        analysed.analysed_from,
        events.measure,
        events.value,
        case when events.event_at < analysed.first_session_until then 1 else 0 end
            as is_first_session,
        {{ segment_experiments.days_between('analysed.analysed_from', 'events.event_at') }} as age_days
    from analysed
    inner join events on analysed.user_key = events.user_key
    where events.event_at >= analysed.analysed_from

),

placed as (

    select
        matched.*,
        case
            {%- for phase in by_day %}
            {%- if phase.last_day is not none %}
            when age_days <= {{ phase.last_day }} then '{{ phase.phase }}'
            {%- else %}
            else '{{ phase.phase }}'
            {%- endif %}
            {%- endfor %}
        end as day_phase
    from matched

),

summed as (

    select
        experiment_id,
        user_key,
        variant,
        analysed_from,
        measure,
        is_first_session,
        day_phase,
        sum(value) as value
    from placed
    group by
        experiment_id, user_key, variant, analysed_from, measure, is_first_session, day_phase

),

both_kinds as (

    select
        experiment_id,
        user_key,
        variant,
        analysed_from,
        measure,
        case when is_first_session = 1 then 'first_session' else 'later_sessions' end as phase,
        value
    from summed

    union all

    select
        experiment_id,
        user_key,
        variant,
        analysed_from,
        measure,
        day_phase as phase,
        value
    from summed

),

by_phase as (

    select
        experiment_id,
        user_key,
        variant,
        analysed_from,
        measure,
        phase,
        sum(value) as value
    from both_kinds
    group by experiment_id, user_key, variant, analysed_from, measure, phase

),

simple_metrics as (

    select
        by_phase.experiment_id,
        by_phase.user_key,
        by_phase.variant,
        by_phase.analysed_from,
        metrics.metric,
        by_phase.phase,
        cast(
            case
                when metrics.metric_type in ('conversion', 'retention')
                    then case when by_phase.value > 0 then 1 else 0 end
                else by_phase.value
            end
            as {{ segment_experiments.type_double() }}
        ) as value
    from by_phase
    inner join metrics on by_phase.measure = metrics.measure
    where by_phase.value <> 0

),

slopes as (

    select
        experiment_id,
        user_key,
        variant,
        analysed_from,
        metric,
        'trend' as phase,
        sum(
            case phase
                {%- for phase, coefficient in trend.coefficients.items() %}
                when '{{ phase }}' then {{ segment_experiments.float_literal(coefficient) }} * value
                {%- endfor %}
            end
        ) as value
    from simple_metrics
    where
        phase in (
            {%- for phase in trend.coefficients %}
            '{{ phase }}'{{ ',' if not loop.last }}
            {%- endfor %}
        )
    group by experiment_id, user_key, variant, analysed_from, metric

),

-- A ratio has no slope of a user.
{{ segment_experiments.ratio_values_ctes(
    'simple_metrics', 'ratio_metrics',
    ['experiment_id', 'user_key', 'variant', 'analysed_from', 'phase'], {'value': 'denominator'}
) }},

final as (

    {%- for relation, denominator in [
        ('simple_metrics', none), ('slopes', none), ('ratio_metrics', 'denominator')
    ] %}

    select
        experiment_id,
        user_key,
        variant,
        analysed_from,
        metric,
        phase,
        value,
        {{ denominator or 'cast(null as ' ~ segment_experiments.type_double() ~ ') as denominator' }}
    from {{ relation }}
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

)

select * from final
