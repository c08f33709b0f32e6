{{ config(**segment_experiments.by_user('analysed_from', ['experiment_id', 'metric', 'user_key'])) }}
{#-
    What each day added to a user's metrics, for each period of the assignment. Ratios are left to
    their parts, and whether a user's window has passed to those who read the table.
-#}
with periods as (

    {{ segment_experiments.rows_of_changed_users('int_user_assignment_periods', 'periods') }}
    where periods.exclusion_reason is null

),

events as (

    {{ segment_experiments.shared_rows('events') }}

),

metrics as (

    select * from {{ ref('segment_experiments', 'int_metrics') }}

),

{{ segment_experiments.placed_events_ctes(
    'periods', 'placed', ['experiment_id', 'variant', 'valid_from', 'valid_until']
) }},

-- What happened before the period is known from its first day on.
dated as (

    select
        placed.*,
        case
            when is_before_assignment then valid_from
            else greatest(cast(event_at as date), valid_from)
        end as active_on
    from placed

),

summed as (

    select
        experiment_id,
        user_key,
        variant,
        analysed_from,
        valid_from,
        valid_until,
        metric,
        metric_type in ('conversion', 'retention') as is_binary,
        active_on,
        sum(case when is_in_window then value else 0 end) as value,
        sum(case when is_before_assignment then value else 0 end) as covariate
    from dated
    where valid_until is null or active_on < valid_until
    group by
        experiment_id,
        user_key,
        variant,
        analysed_from,
        valid_from,
        valid_until,
        metric,
        metric_type,
        active_on

),

first_days as (

    select
        summed.*,
        min(case when value > 0 then active_on end) over (
            partition by experiment_id, user_key, valid_from, metric
        ) as first_active_on
    from summed

),

-- A user converts once, on the first day.
increments as (

    select
        experiment_id,
        user_key,
        variant,
        analysed_from,
        valid_from,
        valid_until,
        metric,
        active_on,
        case
            when not is_binary then value
            when active_on = first_active_on then 1
            else 0
        end as value,
        case when is_binary and covariate > 0 then 1 else covariate end as covariate
    from first_days

),

final as (

    select
        experiment_id,
        user_key,
        variant,
        analysed_from,
        valid_from,
        valid_until,
        metric,
        active_on,
        cast(value as {{ segment_experiments.type_double() }}) as value,
        cast(covariate as {{ segment_experiments.type_double() }}) as covariate
    from increments
    where value <> 0 or covariate <> 0

)

select * from final
