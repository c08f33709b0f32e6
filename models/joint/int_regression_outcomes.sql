{#-
    A user's value in the window that starts at the last assignment, when all indicators are given:
    what happens after it cannot decide which experiments the user is in.

    A ratio is linearised, (N - R D) / mD with R the ratio and mD the mean denominator of all users.
-#}
with user_metrics as (

    select * from {{ ref('segment_experiments', 'int_analysed_user_metrics') }}
    where
        value <> 0
        or coalesce(denominator, 0) <> 0

),

metrics as (

    select * from {{ ref('segment_experiments', 'int_metrics') }}

),

assignments as (

    select * from {{ ref('segment_experiments', 'int_joint_assignments') }}
    where is_last

),

-- Experiments of the same moment have the same window; one of them is taken.
last_experiments as (

    select
        user_number,
        user_key,
        user_level,
        max(experiment_number) as experiment_number
    from assignments
    group by user_number, user_key, user_level

),

last_assignments as (

    select
        last_experiments.user_number,
        last_experiments.user_key,
        assignments.experiment_id
    from last_experiments
    inner join assignments
        on
            last_experiments.user_number = assignments.user_number
            and last_experiments.experiment_number = assignments.experiment_number

),

outcomes as (

    select
        last_assignments.user_number,
        user_metrics.metric,
        user_metrics.value,
        user_metrics.denominator
    from user_metrics
    inner join last_assignments
        on
            user_metrics.user_key = last_assignments.user_key
            and user_metrics.experiment_id = last_assignments.experiment_id

),

users as (

    select
        metrics.metric,
        count(*) as users
    from last_experiments
    inner join metrics on last_experiments.user_level >= metrics.required_level
    group by metrics.metric

),

totals as (

    select
        metric,
        sum(value) as value_total,
        sum(denominator) as denominator_total
    from outcomes
    group by metric

),

ratios as (

    select
        metrics.metric,
        metrics.metric_type,
        totals.value_total / {{ segment_experiments.divisor('totals.denominator_total') }} as ratio,
        {{ segment_experiments.divisor('totals.denominator_total') }} / users.users
            as mean_denominator
    from metrics
    inner join totals on metrics.metric = totals.metric
    inner join users on metrics.metric = users.metric

),

final as (

    select
        outcomes.user_number,
        outcomes.metric,
        case
            when ratios.metric_type = 'ratio'
                then (outcomes.value - ratios.ratio * outcomes.denominator) / ratios.mean_denominator
            else outcomes.value
        end as outcome
    from outcomes
    inner join ratios on outcomes.metric = ratios.metric

)

select * from final
