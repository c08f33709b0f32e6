{{ config(enabled=segment_experiments.is_in_modules('marginal_effects')) }}
{#-
    A user's value in the window that starts at the last assignment, when all indicators are given:
    what happens after it cannot decide which experiments the user is in.

    A ratio is linearised, (N - R D) / mD with R the ratio and mD the mean denominator of all users.

    One value that is far out of scale, such as milliseconds in a column of money, would cost the effects
    of all other experiments their digits. So values are limited; the mart counts them.
-#}
with user_values as (

    select * from {{ ref('segment_experiments', 'int_joint_values') }}

),

last_assignments as (

    select
        block_number,
        user_number,
        experiment_number
    from {{ ref('segment_experiments', 'int_regression_users') }}
    where is_last

),

metrics as (

    select * from {{ ref('segment_experiments', 'int_metrics') }}

),

all_users as (

    select * from {{ ref('segment_experiments', 'int_regression_counts') }}
    where
        variant_number_a = 0
        and variant_number_b = 0

),

-- Experiments of the same moment have the same window; one of them is taken.
chosen as (

    select
        last_assignments.block_number,
        last_assignments.user_number,
        user_values.metric_number,
        max(last_assignments.experiment_number) as experiment_number
    from last_assignments
    inner join user_values
        on
            last_assignments.user_number = user_values.user_number
            and last_assignments.experiment_number = user_values.experiment_number
    group by last_assignments.block_number, last_assignments.user_number, user_values.metric_number

),

outcomes as (

    select
        chosen.block_number,
        user_values.user_number,
        user_values.metric_number,
        user_values.value,
        user_values.denominator
    from user_values
    inner join chosen
        on
            user_values.user_number = chosen.user_number
            and user_values.metric_number = chosen.metric_number
            and user_values.experiment_number = chosen.experiment_number

),

totals as (

    select
        block_number,
        metric_number,
        sum(value) as value_total,
        sum(denominator) as denominator_total
    from outcomes
    group by block_number, metric_number

),

ratios as (

    select
        totals.block_number,
        metrics.metric,
        metrics.metric_number,
        metrics.metric_type,
        totals.value_total / {{ segment_experiments.divisor('totals.denominator_total') }} as ratio,
        {{ segment_experiments.divisor('totals.denominator_total') }} / all_users.users
            as mean_denominator
    from metrics
    inner join totals on metrics.metric_number = totals.metric_number
    inner join all_users
        on
            totals.block_number = all_users.block_number
            and metrics.required_level = all_users.required_level

),

linearised as (

    select
        outcomes.block_number,
        outcomes.user_number,
        ratios.metric,
        ratios.metric_number,
        case
            when {{ segment_experiments.is_ratio('ratios.metric_type') }}
                then (outcomes.value - ratios.ratio * outcomes.denominator) / ratios.mean_denominator
            else outcomes.value
        end as outcome
    from outcomes
    inner join ratios
        on
            outcomes.block_number = ratios.block_number
            and outcomes.metric_number = ratios.metric_number

),

-- The geometric mean, which a few huge values hardly move.
limits as (

    select
        block_number,
        metric_number,
        {{ segment_experiments.float_literal(1000000) }} * exp(avg(ln(abs(outcome)))) as outcome_limit
    from linearised
    where outcome <> 0
    group by block_number, metric_number

),

final as (

    select
        linearised.block_number,
        linearised.user_number,
        linearised.metric,
        linearised.metric_number,
        case
            when linearised.outcome > limits.outcome_limit then limits.outcome_limit
            when linearised.outcome < -limits.outcome_limit then -limits.outcome_limit
            else linearised.outcome
        end as outcome,
        coalesce(abs(linearised.outcome) > limits.outcome_limit, false) as is_limited
    from linearised
    left join limits
        on
            linearised.block_number = limits.block_number
            and linearised.metric_number = limits.metric_number

)

select * from final
