{#-
    A past experiment is the audience of the next one: its control says how metrics vary, and its users came at some
    pace. The arms of the next one are of one size.
-#}
with statistics as (

    select * from {{ ref('segment_experiments', 'int_metric_statistics') }}
    where
        slice = 'overall'
        and is_control

),

metrics as (

    select * from {{ ref('segment_experiments', 'int_metrics') }}

),

assignments as (

    select * from {{ ref('segment_experiments', 'int_assignment_counts') }}
    where
        exclusion_reason is null
        and assigned_on is not null

),

-- An arm beside one that is like it, so that CUPED finds what it would find without an effect.
pairs as (

    select
        {%- for column in segment_experiments.statistics_columns() %}
        statistics.{{ column }} as control_{{ column }},
        {%- endfor %}
        statistics.*
    from statistics

),

{{ segment_experiments.estimators_ctes('pairs', 'arms') }},

numbers as (

    {{ segment_experiments.integers(1, 8) }}

),

first_days as (

    select
        experiment_id,
        min(assigned_on) as first_day
    from assignments
    group by experiment_id

),

new_users as (

    select
        assignments.experiment_id,
        cast(
            1 + floor({{ segment_experiments.days_between(
                'cast(first_days.first_day as ' ~ dbt.type_timestamp() ~ ')',
                'cast(assignments.assigned_on as ' ~ dbt.type_timestamp() ~ ')'
            ) }} / 7.0) as {{ dbt.type_bigint() }}
        ) as week,
        assignments.users
    from assignments
    inner join first_days on assignments.experiment_id = first_days.experiment_id

),

last_weeks as (

    select
        experiment_id,
        max(week) as week
    from new_users
    group by experiment_id

),

-- Later weeks brought nobody.
audiences as (

    select
        last_weeks.experiment_id,
        numbers.number as week,
        sum(new_users.users) as users
    from last_weeks
    inner join numbers on last_weeks.week >= numbers.number
    inner join new_users
        on
            last_weeks.experiment_id = new_users.experiment_id
            and numbers.number >= new_users.week
    group by last_weeks.experiment_id, numbers.number

),

variant_numbers as (

    {{ segment_experiments.integers(2, 4) }}

),

planned as (

    select
        arms.experiment_id,
        arms.metric,
        arms.metric_type,
        variant_numbers.number as variants,
        audiences.week,
        arms.estimator,
        audiences.users,
        audiences.users / cast(variant_numbers.number as {{ segment_experiments.type_double() }})
            as users_per_variant,
        arms.mean,
        arms.variance,
        arms.minimum_effect,
        (metrics.delay_seconds + metrics.window_seconds) / 86400.0 as waiting_days
    from arms
    inner join metrics on arms.metric = metrics.metric
    inner join audiences on arms.experiment_id = audiences.experiment_id
    cross join variant_numbers

),

measured as (

    select
        planned.*,
        case
            when users_per_variant >= 2 and variance > 0 then sqrt(2.0 * variance / users_per_variant)
        end as standard_error
    from planned

),

final as (

    select
        experiment_id,
        metric,
        metric_type,
        cast(variants as {{ dbt.type_bigint() }}) as variants,
        cast(week as {{ dbt.type_bigint() }}) as week,
        estimator,
        cast(users as {{ dbt.type_bigint() }}) as users,
        users_per_variant,
        mean,
        variance,
        standard_error,
        {{ segment_experiments.detectable_effect(
            'standard_error', segment_experiments.divisor('mean')
        ) }} as minimum_detectable_effect,
        minimum_effect,
        7 * week + waiting_days as days
    from measured

)

select * from final
