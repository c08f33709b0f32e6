{{ config(**segment_experiments.by_user('analysed_from', ['experiment_id', 'metric', 'user_key'])) }}
{#-
    Whether a user's window has passed is asked where the table is read, so that time alone changes
    no row.
-#}
with assignments as (

    {{ segment_experiments.rows_of_changed_users('experiment_assignments', 'assignments') }}

),

metrics as (

    select * from {{ ref('segment_experiments', 'int_metrics') }}

),

-- Steps of funnels have events of their own.
events as (

    {{ segment_experiments.shared_rows('events') }}
    where shared.measure in (select metrics.measure from metrics)

),

analysed as (

    select
        experiment_id,
        user_key,
        variant,
        assigned_at,
        analysed_from
    from assignments
    where exclusion_reason is null

),

{{ segment_experiments.placed_events_ctes('analysed', 'placed', ['experiment_id', 'variant']) }},

-- Whatever is counted has the value 1, so one sum serves all types.
summed as (

    select
        experiment_id,
        user_key,
        variant,
        analysed_from,
        metric,
        metric_type in ('conversion', 'retention') as is_binary,
        sum(case when is_in_window then value else 0 end) as value,
        sum(case when is_before_assignment then value else 0 end) as covariate,
        min(case when is_in_window then event_at end) as first_event_at
    from placed
    group by experiment_id, user_key, variant, analysed_from, metric, metric_type

),

simple_metrics as (

    select
        experiment_id,
        user_key,
        variant,
        analysed_from,
        metric,
        case when is_binary and value > 0 then 1 else value end as value,
        case when is_binary and covariate > 0 then 1 else covariate end as covariate,
        first_event_at
    from summed

),

{{ segment_experiments.ratio_values_ctes(
    'simple_metrics', 'ratio_metrics', ['experiment_id', 'user_key', 'variant', 'analysed_from'],
    {'value': 'denominator', 'covariate': 'covariate_denominator'}, ['first_event_at']
) }},

united as (

    select
        experiment_id,
        user_key,
        variant,
        analysed_from,
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
        analysed_from,
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
        analysed_from,
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
