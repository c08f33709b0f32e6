{{ config(enabled=segment_experiments.is_in_modules('retention')) }}
{%- set last_day = segment_experiments.last_retention_day() | int -%}

with variants as (

    select * from {{ ref('segment_experiments', 'int_experiment_variants') }}
    where has_assignments

),

counts as (

    select * from {{ ref('segment_experiments', 'int_retention_counts') }}

),

days as (

    {{ segment_experiments.integers(0, last_day) }}

),

retention_types as (

    select 'bounded' as retention_type

    union all

    select 'unbounded' as retention_type

),

counted as (

    select
        variants.experiment_id,
        days.number as day,
        variants.variant,
        variants.is_control,
        retention_types.retention_type,
        coalesce(counts.eligible_users, 0) as users,
        coalesce(counts.retained_users, 0) as retained_users
    from variants
    cross join days
    cross join retention_types
    left join counts
        on
            variants.experiment_id = counts.experiment_id
            and variants.variant = counts.variant
            and days.number = counts.day
            and retention_types.retention_type = counts.retention_type

),

rates as (

    select
        counted.*,
        case
            when users > 0
                then retained_users / cast(users as {{ segment_experiments.type_double() }})
        end as mean
    from counted

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
