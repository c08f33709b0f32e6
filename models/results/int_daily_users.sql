{#- Metrics share a few waiting times, so users are counted once per waiting time, not per metric. -#}
{{ config(enabled=segment_experiments.is_in_modules('daily'), **segment_experiments.by_experiment()) }}
with periods as (

    select * from {{ ref('segment_experiments', 'int_user_assignment_periods') }}
    where
        exclusion_reason is null
        and {{ segment_experiments.is_computed('experiment_id') }}

),

days as (

    select * from {{ ref('segment_experiments', 'int_experiment_days') }}
    where {{ segment_experiments.is_computed('experiment_id') }}

),

metrics as (

    select * from {{ ref('segment_experiments', 'int_metrics') }}

),

times as (

    select
        experiment_id,
        as_of,
        cast(as_of as date) as as_of_date
    from {{ ref('segment_experiments', 'int_experiment_times') }}

),

waiting_times as (

    select
        is_mature_only,
        maturity_seconds
    from metrics

    union distinct

    -- Who is there at all decides which variants there are.
    select
        false as is_mature_only,
        {{ segment_experiments.float_literal(0) }} as maturity_seconds

),

stays as (

    select
        periods.experiment_id,
        periods.variant,
        waiting_times.is_mature_only,
        waiting_times.maturity_seconds,
        least(
            {{ segment_experiments.entry_date(
                'periods.valid_from', 'periods.analysed_from', 'waiting_times.is_mature_only',
                'waiting_times.maturity_seconds'
            ) }},
            times.as_of_date
        ) as entered_on,
        least(periods.valid_until, times.as_of_date) as left_on,
        periods.valid_until is not null as has_left
    from periods
    cross join waiting_times
    inner join times on periods.experiment_id = times.experiment_id
    where
        not waiting_times.is_mature_only
        or {{ segment_experiments.is_mature(
            'periods.analysed_from', 'waiting_times.maturity_seconds', 'times.as_of'
        ) }}

),

signs as (

    select 1 as sign

    union all

    select -1 as sign

),

changes as (

    select
        stays.experiment_id,
        stays.variant,
        stays.is_mature_only,
        stays.maturity_seconds,
        case when signs.sign = 1 then stays.entered_on else stays.left_on end as date_day,
        sum(signs.sign) as users
    from stays
    cross join signs
    where
        (not stays.has_left or stays.entered_on < stays.left_on)
        and (signs.sign = 1 or stays.has_left)
    group by
        stays.experiment_id,
        stays.variant,
        stays.is_mature_only,
        stays.maturity_seconds,
        case when signs.sign = 1 then stays.entered_on else stays.left_on end

),

arms as (

    select distinct
        experiment_id,
        variant,
        is_mature_only,
        maturity_seconds
    from changes

),

counted as (

    select
        days.experiment_id,
        days.date_day,
        arms.variant,
        arms.is_mature_only,
        arms.maturity_seconds,
        sum(coalesce(changes.users, 0)) over (
            -- BigQuery partitions by no number with a fraction.
            partition by
                days.experiment_id,
                arms.variant,
                arms.is_mature_only,
                cast(arms.maturity_seconds as {{ segment_experiments.type_text() }})
            order by days.date_day rows between unbounded preceding and current row
        ) as users
    from days
    inner join arms on days.experiment_id = arms.experiment_id
    left join changes
        on
            days.experiment_id = changes.experiment_id
            and days.date_day = changes.date_day
            and arms.variant = changes.variant
            and arms.is_mature_only = changes.is_mature_only
            and arms.maturity_seconds = changes.maturity_seconds

),

final as (

    select
        experiment_id,
        date_day,
        variant,
        is_mature_only,
        maturity_seconds,
        cast(users as {{ dbt.type_bigint() }}) as users
    from counted
    where users > 0

)

select * from final
