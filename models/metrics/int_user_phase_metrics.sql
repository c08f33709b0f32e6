{{ config(
    enabled=segment_experiments.is_in_modules('effect_by_age'),
    **segment_experiments.table_layout(none, ['experiment_id', 'metric', 'user_key'])
) }}
{#-
    Whether a user is old enough for a phase is asked where the table is read. A phase takes the place
    of the metric's window. The trend is one more phase, in which the value of a user is the slope of
    his values over the days; a ratio has no slope of a user. Phases are columns, because rows would
    be four times as many, and writing them most of the work.
-#}
{%- set trend = segment_experiments.trend_of_phases() -%}
{%- set phases = segment_experiments.phases() -%}
{%- set denominators = {} -%}
{%- set slope = [] -%}
{%- for phase in phases -%}
{%- do denominators.update({phase.column: phase.denominator}) -%}
{%- if phase.phase in trend.coefficients -%}
{%- do slope.append(
    segment_experiments.float_literal(trend.coefficients[phase.phase]) ~ ' * ' ~ phase.column
) -%}
{%- endif -%}
{%- endfor -%}
with analysed as (

    {{ segment_experiments.computed_rows('experiment_assignments', 'assignments', 'assigned_at') }}
    where assignments.exclusion_reason is null

),

active as (

    select * from {{ ref('segment_experiments', 'int_user_activity') }}

),

events as (

    {{ segment_experiments.counted_events() }}

),

metrics as (

    select * from {{ ref('segment_experiments', 'int_metrics') }}

),

{{ segment_experiments.variant_numbers_ctes(
    'experiment_assignments', segment_experiments.is_computed('experiment_id', 'assigned_at')
) }},

{{ segment_experiments.numbered_by_variant_cte(
    'analysed', 'assignments', ['user_key', 'analysed_from', 'settled_at']
) }},

{{ segment_experiments.numbered_by_variant_cte('active', 'activity', ['user_key', 'first_session_until']) }},

matched as (

    select
        assignments.user_key,
        assignments.variant_number,
        assignments.analysed_from,
        events.measure,
        events.value,
        events.event_at,
        {{ segment_experiments.days_between('assignments.analysed_from', 'events.event_at') }} as age_days
    from assignments
    inner join events on {{ segment_experiments.integer_hash('assignments.user_key') }} = events.user_hash
    where
        events.event_at >= assignments.analysed_from
        and {{ segment_experiments.is_in_time('events.available_at', 'assignments') }}

),

-- Without any activity the first session is the assignment alone. Joined to the events, because a join to
-- the assignments before would hold all of them in memory twice.
placed as (

    select
        matched.user_key,
        matched.variant_number,
        matched.analysed_from,
        matched.measure,
        matched.value,
        matched.age_days,
        matched.event_at < coalesce(
            activity.first_session_until,
            {{ segment_experiments.end_of_session('matched.analysed_from') }}
        ) as is_first_session
    from matched
    left join activity
        on
            matched.user_key = activity.user_key
            and matched.variant_number = activity.variant_number

),

-- Phases by session and phases by day, of the same events.
summed as (

    select
        user_key,
        variant_number,
        analysed_from,
        {%- for phase in phases %}
        sum(
            case
                {%- if phase.phase == 'first_session' %}
                when is_first_session
                {%- elif phase.phase == 'later_sessions' %}
                when not is_first_session
                {%- elif phase.last_day is none %}
                when age_days >= {{ phase.first_day }}
                {%- else %}
                when age_days between {{ phase.first_day }} and {{ phase.last_day }}
                {%- endif %} then value
                else 0
            end
        ) as {{ phase.column }},
        {%- endfor %}
        measure
    from placed
    group by user_key, variant_number, analysed_from, measure

),

simple_metrics as (

    select
        summed.user_key,
        summed.variant_number,
        summed.analysed_from,
        {%- for phase in phases %}
        cast(
            case
                when {{ segment_experiments.is_of_type(
                    'metrics.metric_type', ['count', 'sum', 'ratio'], ['conversion', 'retention']
                ) }}
                    then summed.{{ phase.column }}
                when summed.{{ phase.column }} > 0 then 1
                else 0
            end
            as {{ segment_experiments.type_double() }}
        ) as {{ phase.column }},
        {%- endfor %}
        metrics.metric_number
    from summed
    inner join metrics on summed.measure = metrics.measure

),

{{ segment_experiments.ratio_values_ctes(
    'simple_metrics', 'ratio_metrics',
    ['user_key', 'variant_number', 'analysed_from'], denominators
) }},

metrics_by_phase as (

    select
        user_key,
        variant_number,
        analysed_from,
        metric_number,
        {%- for phase in phases %}
        {{ phase.column }},
        cast(null as {{ segment_experiments.type_double() }}) as {{ phase.denominator }},
        {%- endfor %}
        {{ slope | join(' + ') }} as trend
    from simple_metrics

    union all

    select
        user_key,
        variant_number,
        analysed_from,
        metric_number,
        {%- for phase in phases %}
        {{ phase.column }},
        {{ phase.denominator }},
        {%- endfor %}
        0 as trend
    from ratio_metrics

),

final as (

    select
        variants.experiment_id,
        metrics_by_phase.user_key,
        variants.variant,
        metrics_by_phase.analysed_from,
        metrics.metric,
        {%- for phase in phases %}
        metrics_by_phase.{{ phase.column }},
        metrics_by_phase.{{ phase.denominator }},
        {%- endfor %}
        metrics_by_phase.trend
    from metrics_by_phase
    inner join variants on metrics_by_phase.variant_number = variants.variant_number
    inner join metrics on metrics_by_phase.metric_number = metrics.metric_number
    where
        metrics_by_phase.trend <> 0
        {%- for phase in phases %}
        or metrics_by_phase.{{ phase.column }} <> 0
        or metrics_by_phase.{{ phase.denominator }} <> 0
        {%- endfor %}

)

select * from final
