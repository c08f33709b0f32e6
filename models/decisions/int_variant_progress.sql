{#-
    Both ends belong to an experiment, so that one from the 1st until the 7th has run for seven days, whenever on
    the 1st the first user came. One that starts later than registered begins with the day of its first user. The
    pace is that of whole days of assignment, the last one as long as it has been.
-#}
with variants as (

    select * from {{ ref('segment_experiments', 'int_experiment_variants') }}

),

counts as (

    select * from {{ ref('segment_experiments', 'int_assignment_counts') }}

),

totals as (

    select * from {{ ref('segment_experiments', 'int_assignment_totals') }}

),

experiments as (

    select * from {{ ref('segment_experiments', 'mart_experiments') }}

),

times as (

    select * from {{ ref('segment_experiments', 'int_experiment_times') }}

),

dated as (

    select
        experiments.experiment_id,
        experiments.status,
        experiments.has_reached_end,
        times.as_of,
        case
            when experiments.started_at is null or experiments.first_assigned_at is null
                then coalesce(experiments.first_assigned_at, experiments.started_at, times.as_of)
            else
                greatest(
                    experiments.started_at,
                    cast(cast(experiments.first_assigned_at as date) as {{ dbt.type_timestamp() }})
                )
        end as begun_at,
        case
            when experiments.status = 'concluded'
                then coalesce(experiments.ended_at, experiments.last_assigned_at, times.as_of)
            else times.as_of
        end as ran_until,
        cast({{ segment_experiments.add_seconds('times.as_of', -13 * 86400) }} as date) as recent_from,
        {{ segment_experiments.add_seconds(
            'totals.last_analysed_from', segment_experiments.longest_windows().after
        ) }} as last_window_ends_at
    from experiments
    inner join times on experiments.experiment_id = times.experiment_id
    inner join totals on experiments.experiment_id = totals.experiment_id

),

recent as (

    select
        counts.experiment_id,
        counts.variant,
        sum(counts.users) as users
    from counts
    inner join dated on counts.experiment_id = dated.experiment_id
    where
        counts.exclusion_reason is null
        and counts.assigned_on >= dated.recent_from
        and counts.assigned_on <= cast(dated.as_of as date)
    group by counts.experiment_id, counts.variant

),

arms as (

    select
        variants.experiment_id,
        variants.variant,
        variants.control_variant,
        variants.is_control,
        variants.users,
        cast(coalesce(recent.users, 0) as {{ segment_experiments.type_double() }}) as recent_users
    from variants
    left join recent
        on
            variants.experiment_id = recent.experiment_id
            and variants.variant = recent.variant
    where variants.has_assignments

),

controls as (

    select * from arms
    where is_control

),

final as (

    select
        arms.experiment_id,
        arms.variant,
        arms.control_variant,
        dated.status as experiment_status,
        dated.has_reached_end,
        cast(
            greatest(
                {{ segment_experiments.microseconds_between('dated.begun_at', 'dated.ran_until') }} + 1, 0
            )
            as {{ segment_experiments.type_double() }}
        ) / 86400000000.0 as days_run,
        arms.users + coalesce(controls.users, 0) as users,
        least(arms.users, coalesce(controls.users, 0)) as smallest_users,
        (arms.recent_users + coalesce(controls.recent_users, 0.0)) / greatest(
            {{ segment_experiments.microseconds_between(
                'greatest(cast(dated.recent_from as ' ~ dbt.type_timestamp() ~ '), dated.begun_at)', 'dated.as_of'
            ) }} / 86400000000.0,
            1.0
        ) as users_per_day,
        dated.last_window_ends_at,
        dated.has_reached_end and coalesce(dated.last_window_ends_at <= dated.as_of, true) as is_final,
        dated.as_of
    from arms
    inner join dated on arms.experiment_id = dated.experiment_id
    left join controls on arms.experiment_id = controls.experiment_id
    where not arms.is_control

)

select * from final
