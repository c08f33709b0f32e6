{{ config(enabled=segment_experiments.is_in_modules('retention')) }}
{%- set last_day = segment_experiments.last_retention_day() | int -%}

with assignments as (

    select * from {{ ref('segment_experiments', 'experiment_assignments') }}

),

variants as (

    select * from {{ ref('segment_experiments', 'int_experiment_variants') }}
    where has_assignments

),

activity as (

    select * from {{ ref('segment_experiments', 'int_user_activity') }}

),

as_of as (

    select * from {{ ref('segment_experiments', 'int_as_of') }}

),

days as (

    {{ segment_experiments.integers(0, last_day) }}

),

-- Full days of 24 hours that have passed since the assignment.
analysed as (

    select
        assignments.experiment_id,
        assignments.user_key,
        assignments.variant,
        assignments.analysed_from,
        {{ segment_experiments.days_between('assignments.analysed_from', 'as_of.as_of') }} as age_days
    from assignments
    cross join as_of
    where assignments.exclusion_reason is null

),

users_by_age as (

    select
        experiment_id,
        variant,
        case when age_days > {{ last_day + 1 }} then {{ last_day + 1 }} else age_days end
            as age_days,
        count(*) as users
    from analysed
    group by
        experiment_id,
        variant,
        case when age_days > {{ last_day + 1 }} then {{ last_day + 1 }} else age_days end

),

-- A day counts for the users for whom it is over.
eligible as (

    select
        variants.experiment_id,
        variants.variant,
        variants.is_control,
        days.number as day,
        coalesce(sum(case when users_by_age.age_days > days.number then users_by_age.users end), 0)
            as eligible_users
    from variants
    cross join days
    left join users_by_age
        on
            variants.experiment_id = users_by_age.experiment_id
            and variants.variant = users_by_age.variant
    group by variants.experiment_id, variants.variant, variants.is_control, days.number

),

-- Few patterns of days are common, so users are counted by pattern first.
patterns as (

    select
        activity.experiment_id,
        activity.variant,
        activity.active_days,
        {{ segment_experiments.days_between('activity.analysed_from', 'as_of.as_of') }} as age_days,
        count(*) as users
    from activity
    cross join as_of
    group by
        activity.experiment_id,
        activity.variant,
        activity.active_days,
        {{ segment_experiments.days_between('activity.analysed_from', 'as_of.as_of') }}

),

last_days as (

    select
        activity.experiment_id,
        activity.variant,
        activity.last_active_day,
        {{ segment_experiments.days_between('activity.analysed_from', 'as_of.as_of') }} as age_days,
        count(*) as users
    from activity
    cross join as_of
    group by
        activity.experiment_id,
        activity.variant,
        activity.last_active_day,
        {{ segment_experiments.days_between('activity.analysed_from', 'as_of.as_of') }}

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

rates as (

    select
        eligible.experiment_id,
        eligible.day,
        eligible.variant,
        eligible.is_control,
        retention_types.retention_type,
        cast(eligible.eligible_users as {{ dbt.type_bigint() }}) as users,
        cast(coalesce(retained.retained_users, 0) as {{ dbt.type_bigint() }}) as retained_users,
        case
            when eligible.eligible_users > 0
                then coalesce(retained.retained_users, 0) / cast(
                    eligible.eligible_users as {{ segment_experiments.type_double() }}
                )
        end as mean
    from eligible
    cross join retention_types
    left join retained
        on
            retention_types.retention_type = retained.retention_type
            and eligible.experiment_id = retained.experiment_id
            and eligible.variant = retained.variant
            and eligible.day = retained.day

),

arms as (

    select
        rates.*,
        {{ segment_experiments.share_variance('mean', 'users') }} as variance
    from rates

),

{{ segment_experiments.compare_to_control_ctes(
    'arms', 'compared', ['experiment_id', 'retention_type', 'day']
) }},

final as (

    select
        arms.experiment_id,
        arms.variant,
        arms.is_control,
        arms.retention_type,
        cast(arms.day as {{ dbt.type_bigint() }}) as day,
        arms.users as eligible_users,
        arms.retained_users,
        arms.mean as retention_rate,
        {{ segment_experiments.wilson_bound(-1, 'arms.mean', 'arms.users') }} as lower,
        {{ segment_experiments.wilson_bound(1, 'arms.mean', 'arms.users') }} as upper,
        compared.absolute_lift,
        compared.p_value,
        compared.status
    from arms
    inner join compared
        on
            arms.experiment_id = compared.experiment_id
            and arms.variant = compared.variant
            and arms.retention_type = compared.retention_type
            and arms.day = compared.day

)

select * from final
