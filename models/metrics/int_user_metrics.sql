{{ config(**segment_experiments.by_user('assigned_at', ['experiment_id', 'metric', 'user_key'])) }}
{#-
    Whether a user's window has passed is asked where the table is read, so that time alone changes
    no row.
-#}
{%- set span = segment_experiments.longest_windows() -%}
{%- set changed_users = ref('segment_experiments', 'int_changed_users') -%}
with assignments as (

    select assignments.*
    from {{ ref('segment_experiments', 'experiment_assignments') }} as assignments
    {%- if segment_experiments.is_increment() %}
    inner join {{ changed_users }} as changed_users
        on assignments.user_key = changed_users.user_key
    {%- endif %}

),

metrics as (

    select * from {{ ref('segment_experiments', 'int_metrics') }}

),

-- Steps of funnels have events of their own.
events as (

    select * from {{ ref('segment_experiments', 'int_user_events') }}
    where measure in (select metrics.measure from metrics)

),

analysed as (

    select
        experiment_id,
        user_key,
        variant,
        assigned_at,
        {{ segment_experiments.add_seconds('assigned_at', -span.before) }} as relevant_from,
        {{ segment_experiments.add_seconds('assigned_at', span.after) }} as relevant_until
    from assignments
    where exclusion_reason is null

),

-- One user key on both sides: an event meets each of its user's assignments once.
matched as (

    select
        analysed.experiment_id,
        analysed.user_key,
        analysed.variant,
        analysed.assigned_at,
        events.measure,
        events.value,
        events.event_at,
        {{ segment_experiments.microseconds_between('analysed.assigned_at', 'events.event_at') }}
            as age
    from analysed
    inner join events
        on
            analysed.user_key = events.user_key
            and analysed.relevant_from <= events.event_at
            and analysed.relevant_until > events.event_at

),

placed as (

    select
        matched.experiment_id,
        matched.user_key,
        matched.variant,
        matched.assigned_at,
        metrics.metric,
        metrics.metric_type,
        matched.value,
        matched.event_at,
        {{ segment_experiments.is_age_in_window(
            'matched.age', 'metrics.delay_seconds', 'metrics.window_seconds'
        ) }} as is_in_window,
        {{ segment_experiments.is_age_before_assignment('matched.age', 'metrics.covariate_seconds') }}
            as is_before_assignment
    from matched
    inner join metrics on matched.measure = metrics.measure

),

-- Whatever is counted has the value 1, so one sum serves all types.
summed as (

    select
        experiment_id,
        user_key,
        variant,
        assigned_at,
        metric,
        metric_type in ('conversion', 'retention') as is_binary,
        sum(case when is_in_window then value else 0 end) as value,
        sum(case when is_before_assignment then value else 0 end) as covariate,
        min(case when is_in_window then event_at end) as first_event_at
    from placed
    where is_in_window or is_before_assignment
    group by experiment_id, user_key, variant, assigned_at, metric, metric_type

),

simple_metrics as (

    select
        experiment_id,
        user_key,
        variant,
        assigned_at,
        metric,
        case when is_binary and value > 0 then 1 else value end as value,
        case when is_binary and covariate > 0 then 1 else covariate end as covariate,
        first_event_at
    from summed

),

ratio_parts as (

    select
        metric,
        numerator as part,
        1 as numerator_factor,
        0 as denominator_factor
    from metrics
    where metric_type = 'ratio'

    union all

    select
        metric,
        denominator as part,
        0 as numerator_factor,
        1 as denominator_factor
    from metrics
    where metric_type = 'ratio'

),

-- The two parts of a ratio are metrics themselves; a user has a row when either part has one.
ratio_metrics as (

    select
        simple_metrics.experiment_id,
        simple_metrics.user_key,
        simple_metrics.variant,
        simple_metrics.assigned_at,
        ratio_parts.metric,
        sum(simple_metrics.value * ratio_parts.numerator_factor) as value,
        sum(simple_metrics.value * ratio_parts.denominator_factor) as denominator,
        sum(simple_metrics.covariate * ratio_parts.numerator_factor) as covariate,
        sum(simple_metrics.covariate * ratio_parts.denominator_factor) as covariate_denominator,
        min(simple_metrics.first_event_at) as first_event_at
    from simple_metrics
    inner join ratio_parts on simple_metrics.metric = ratio_parts.part
    group by
        simple_metrics.experiment_id,
        simple_metrics.user_key,
        simple_metrics.variant,
        simple_metrics.assigned_at,
        ratio_parts.metric

),

united as (

    select
        experiment_id,
        user_key,
        variant,
        assigned_at,
        metric,
        value,
        cast(null as {{ segment_experiments.type_double() }}) as denominator,
        covariate,
        cast(null as {{ segment_experiments.type_double() }}) as covariate_denominator,
        first_event_at
    from simple_metrics

    union all

    select
        experiment_id,
        user_key,
        variant,
        assigned_at,
        metric,
        value,
        denominator,
        covariate,
        covariate_denominator,
        first_event_at
    from ratio_metrics

),

final as (

    select
        experiment_id,
        user_key,
        variant,
        assigned_at,
        metric,
        cast(value as {{ segment_experiments.type_double() }}) as value,
        denominator,
        cast(covariate as {{ segment_experiments.type_double() }}) as covariate,
        covariate_denominator,
        first_event_at
    from united
    where
        value <> 0
        or coalesce(denominator, 0) <> 0
        or covariate <> 0
        or coalesce(covariate_denominator, 0) <> 0

)

select * from final
