{{ config(**segment_experiments.by_user('analysed_from', ['experiment_id', 'metric', 'user_key'])) }}
{#-
    What a user's metrics are from one day until another, for each period of the assignment. Whether a
    user's window has passed is left to those who read the table.
-#}
with periods as (

    {{ segment_experiments.rows_of_changed_users('int_user_assignment_periods', 'periods') }}
    where periods.exclusion_reason is null

),

metrics as (

    select * from {{ ref('segment_experiments', 'int_metrics') }}

),

events as (

    {{ segment_experiments.shared_rows('events') }}
    where shared.measure in (select metrics.measure from metrics)

),

parts as (

    select * from {{ ref('segment_experiments', 'int_metric_parts') }}

),

{{ segment_experiments.placed_events_ctes(
    'periods', 'placed', ['experiment_id', 'variant', 'valid_from', 'valid_until']
) }},

dated as (

    select
        placed.*,
        metric_type in ('conversion', 'retention') as is_binary,
        greatest(cast(event_at as date), valid_from) as active_on
    from placed

),

-- A user converts once, on the first day, whatever the others were.
summed as (

    select
        experiment_id,
        user_key,
        variant,
        analysed_from,
        valid_from,
        valid_until,
        metric,
        is_binary,
        case when not is_binary then active_on end as summed_on,
        min(case when is_in_window and value > 0 then active_on end) as first_active_on,
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
        is_binary,
        case when not is_binary then active_on end

),

sides as (

    select true as is_covariate

    union all

    select false as is_covariate

),

-- What happened before the period is known from its first day on.
sided as (

    select
        summed.experiment_id,
        summed.user_key,
        summed.variant,
        summed.analysed_from,
        summed.valid_from,
        summed.valid_until,
        summed.metric,
        case
            when sides.is_covariate then summed.valid_from
            when summed.is_binary then summed.first_active_on
            else summed.summed_on
        end as active_on,
        case
            when sides.is_covariate then 0
            when not summed.is_binary then summed.value
            when summed.value > 0 then 1
            else 0
        end as value,
        case
            when not sides.is_covariate then 0
            when not summed.is_binary then summed.covariate
            when summed.covariate > 0 then 1
            else 0
        end as covariate,
        case when sides.is_covariate then 0 else 1 end as side
    from summed
    cross join sides

),

entered as (

    select
        sided.experiment_id,
        sided.user_key,
        sided.variant,
        sided.analysed_from,
        sided.valid_from,
        sided.valid_until,
        parts.metric,
        sided.active_on,
        2 * parts.numerator_factor + sided.side as part,
        cast(sided.value * parts.numerator_factor as {{ segment_experiments.type_double() }}) as value,
        cast(sided.value * parts.denominator_factor as {{ segment_experiments.type_double() }})
            as denominator,
        cast(sided.covariate * parts.numerator_factor as {{ segment_experiments.type_double() }})
            as covariate,
        cast(sided.covariate * parts.denominator_factor as {{ segment_experiments.type_double() }})
            as covariate_denominator,
        greatest(
            sided.active_on,
            {{ segment_experiments.entry_date(
                'sided.valid_from', 'sided.analysed_from', 'metrics.is_mature_only',
                'metrics.maturity_seconds'
            ) }}
        ) as from_day
    from sided
    inner join parts on sided.metric = parts.part
    inner join metrics on parts.metric = metrics.metric
    where sided.value <> 0 or sided.covariate <> 0

),

-- What changed on the same day counts in some order, and of that only the last state lasts.
running as (

    select
        experiment_id,
        user_key,
        variant,
        analysed_from,
        valid_from,
        from_day,
        coalesce(
            lead(from_day) over (
                partition by experiment_id, metric, user_key, valid_from
                order by from_day, active_on, part
            ),
            valid_until
        ) as until_day,
        {%- for quantity in segment_experiments.metric_quantities() %}
        sum({{ quantity }}) over (
            partition by experiment_id, metric, user_key, valid_from
            order by from_day, active_on, part
            rows between unbounded preceding and current row
        ) as {{ quantity }},
        {%- endfor %}
        metric
    from entered

),

final as (

    select
        experiment_id,
        user_key,
        variant,
        analysed_from,
        valid_from,
        metric,
        from_day,
        until_day,
        value,
        denominator,
        covariate,
        covariate_denominator
    from running
    where
        (until_day is null or from_day < until_day)
        and (value <> 0 or denominator <> 0 or covariate <> 0 or covariate_denominator <> 0)

)

select * from final
