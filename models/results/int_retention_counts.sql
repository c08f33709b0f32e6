{{ config(enabled=segment_experiments.is_in_modules('retention'), **segment_experiments.by_experiment()) }}
{%- set last_day = segment_experiments.last_retention_day() | int %}

with assignments as (

    {{ segment_experiments.computed_rows('experiment_assignments', 'assignments', 'assigned_at') }}
    where assignments.exclusion_reason is null

),

activity as (

    select * from {{ ref('segment_experiments', 'int_user_activity') }}

),

times as (

    select * from {{ ref('segment_experiments', 'int_experiment_times') }}

),

days as (

    {{ segment_experiments.integers(0, last_day) }}

),

-- Full days of 24 hours that have passed since the assignment.
aged as (

    select
        experiment_id,
        variant,
        {{ segment_experiments.days_between('analysed_from', 'as_of') }} as age_days
    from assignments

),

users_by_age as (

    select
        experiment_id,
        variant,
        case when age_days > {{ last_day + 1 }} then {{ last_day + 1 }} else age_days end
            as age_days,
        count(*) as users
    from aged
    group by
        experiment_id,
        variant,
        case when age_days > {{ last_day + 1 }} then {{ last_day + 1 }} else age_days end

),

arms as (

    select distinct
        experiment_id,
        variant
    from users_by_age

),

-- A day counts for the users for whom it is over.
eligible as (

    select
        arms.experiment_id,
        arms.variant,
        days.number as day,
        coalesce(sum(case when users_by_age.age_days > days.number then users_by_age.users end), 0)
            as eligible_users
    from arms
    cross join days
    inner join users_by_age
        on
            arms.experiment_id = users_by_age.experiment_id
            and arms.variant = users_by_age.variant
    group by arms.experiment_id, arms.variant, days.number

),

active as (

    select
        activity.experiment_id,
        activity.variant,
        activity.active_days,
        activity.last_active_day,
        {{ segment_experiments.days_between('activity.analysed_from', 'times.as_of') }} as age_days
    from activity
    inner join times on activity.experiment_id = times.experiment_id

),

-- Few patterns of days are common, so users are counted by pattern first.
patterns as (

    select
        experiment_id,
        variant,
        active_days,
        age_days,
        count(*) as users
    from active
    group by experiment_id, variant, active_days, age_days

),

last_days as (

    select
        experiment_id,
        variant,
        last_active_day,
        age_days,
        count(*) as users
    from active
    group by experiment_id, variant, last_active_day, age_days

),

retained as (

    select
        patterns.experiment_id,
        patterns.variant,
        'bounded' as retention_type,
        days.number as day,
        sum(patterns.users) as retained_users
    from patterns
    cross join days
    where
        days.number < patterns.age_days
        and {{ segment_experiments.has_bit('patterns.active_days', 'days.number') }}
    group by patterns.experiment_id, patterns.variant, days.number

    union all

    select
        last_days.experiment_id,
        last_days.variant,
        'unbounded' as retention_type,
        days.number as day,
        sum(last_days.users) as retained_users
    from last_days
    cross join days
    where
        days.number < last_days.age_days
        and days.number <= last_days.last_active_day
    group by last_days.experiment_id, last_days.variant, days.number

),

retention_types as (

    select 'bounded' as retention_type

    union all

    select 'unbounded' as retention_type

),

final as (

    select
        eligible.experiment_id,
        eligible.variant,
        retention_types.retention_type,
        eligible.day,
        cast(eligible.eligible_users as {{ dbt.type_bigint() }}) as eligible_users,
        cast(coalesce(retained.retained_users, 0) as {{ dbt.type_bigint() }}) as retained_users
    from eligible
    cross join retention_types
    left join retained
        on
            retention_types.retention_type = retained.retention_type
            and eligible.experiment_id = retained.experiment_id
            and eligible.variant = retained.variant
            and eligible.day = retained.day

)

select * from final
