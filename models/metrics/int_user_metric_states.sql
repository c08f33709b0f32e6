{{ config(**segment_experiments.by_experiment(
    cluster_by=['experiment_id', 'metric', 'user_key'], time='analysed_from'
)) }}
{#-
    What a user's metrics are from one day until another, for each period of the assignment; those of
    today are the last ones of the period that lasts. Whether a user's window has passed is left to
    those who read the table, so that time alone changes no row.
-#}
{%- set quantities = segment_experiments.metric_quantities() -%}
{%- set keys = ['user_key', 'variant_number', 'analysed_from', 'valid_from', 'valid_until'] -%}
with computed_periods as (

    {{ segment_experiments.computed_rows('int_user_assignment_periods', 'periods') }}
    where periods.exclusion_reason is null

),

metrics as (

    select * from {{ ref('segment_experiments', 'int_metrics') }}

),

events as (

    {{ segment_experiments.counted_events() }}

),

parts as (

    select * from {{ ref('segment_experiments', 'int_metric_parts') }}

),

{{ segment_experiments.variant_numbers_ctes('int_user_assignment_periods') }},

{{ segment_experiments.numbered_by_variant_cte(
    'computed_periods', 'periods',
    ['user_key', 'assigned_at', 'analysed_from', 'valid_from', 'valid_until', 'settled_at']
) }},

{{ segment_experiments.placed_events_ctes(
    'periods', 'placed', ['variant_number', 'valid_from', 'valid_until']
) }},

dated as (

    select
        placed.*,
        greatest(cast(event_at as date), valid_from) as active_on
    from placed

),

-- Whatever is counted has the value 1, so one sum serves all types. A user converts once, on the first
-- day, whatever the others were.
summed as (

    select
        {%- for key in keys %}
        {{ key }},
        {%- endfor %}
        metric_number,
        is_binary,
        case when not is_binary then active_on end as summed_on,
        min(case when is_in_window and value > 0 then active_on end) as first_active_on,
        sum(case when is_in_window then value else 0 end) as value,
        sum(case when is_before_assignment then value else 0 end) as covariate,
        min(case when is_in_window then event_at end) as first_event_at
    from dated
    where valid_until is null or active_on < valid_until
    group by {{ keys | join(', ') }}, metric_number, is_binary, case when not is_binary then active_on end

),

sides as (

    select true as is_covariate

    union all

    select false as is_covariate

),

-- What happened before the period is known from its first day on.
sided as (

    select
        {%- for key in keys %}
        summed.{{ key }},
        {%- endfor %}
        summed.metric_number,
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
        case when not sides.is_covariate then summed.first_event_at end as first_event_at,
        case when sides.is_covariate then 0 else 1 end as side
    from summed
    cross join sides

),

-- An event without a value is the first one all the same.
entered as (

    select
        {%- for key in keys %}
        sided.{{ key }},
        {%- endfor %}
        parts.metric_number,
        sided.active_on,
        sided.first_event_at,
        2 * parts.numerator_factor + sided.side as part,
        cast(sided.value * parts.numerator_factor as {{ segment_experiments.type_double() }})
            as value,
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
    inner join parts on sided.metric_number = parts.part_number
    inner join metrics on parts.metric_number = metrics.metric_number
    where
        sided.value <> 0
        or sided.covariate <> 0
        or sided.first_event_at is not null

),

-- What changed on the same day counts in some order, and of that only the last state lasts.
running as (

    select
        {%- for key in keys if key != 'valid_until' %}
        {{ key }},
        {%- endfor %}
        metric_number,
        from_day,
        coalesce(
            lead(from_day) over (
                partition by user_key, variant_number, metric_number, valid_from
                order by from_day, active_on, part
            ),
            valid_until
        ) as until_day,
        {%- for quantity in quantities %}
        sum({{ quantity }}) over (
            partition by user_key, variant_number, metric_number, valid_from
            order by from_day, active_on, part
            rows between unbounded preceding and current row
        ) as {{ quantity }},
        {%- endfor %}
        min(first_event_at) over (
            partition by user_key, variant_number, metric_number, valid_from
            order by from_day, active_on, part
            rows between unbounded preceding and current row
        ) as first_event_at
    from entered

),

states as (

    select * from running
    where
        (until_day is null or from_day < until_day)
        and (value <> 0 or denominator <> 0 or covariate <> 0 or covariate_denominator <> 0)

),

final as (

    select
        variants.experiment_id,
        states.user_key,
        variants.variant,
        states.analysed_from,
        states.valid_from,
        metrics.metric,
        states.from_day,
        states.until_day,
        {%- for quantity in quantities %}
        states.{{ quantity }},
        {%- endfor %}
        states.first_event_at
    from states
    inner join variants on states.variant_number = variants.variant_number
    inner join metrics on states.metric_number = metrics.metric_number

)

select * from final
