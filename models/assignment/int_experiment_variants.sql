with registry as (

    select * from {{ ref('segment_experiments', 'stg_registry__experiments') }}

),

registered_variants as (

    select * from {{ ref('segment_experiments', 'stg_registry__experiment_variants') }}

),

assignments as (

    select * from {{ ref('segment_experiments', 'experiment_assignments') }}

),

users_by_variant as (

    select
        experiment_id,
        variant,
        sum(case when exclusion_reason is null then 1 else 0 end) as users
    from assignments
    group by experiment_id, variant

),

registered as (

    select distinct experiment_id from registered_variants

),

assigned as (

    select distinct experiment_id from users_by_variant

),

-- The registry says which variants there are; without it, those that somebody was assigned to.
variants as (

    select
        experiment_id,
        variant,
        expected_share
    from registered_variants

    union all

    select
        users_by_variant.experiment_id,
        users_by_variant.variant,
        cast(null as {{ segment_experiments.type_double() }}) as expected_share
    from users_by_variant
    left join registered on users_by_variant.experiment_id = registered.experiment_id
    where
        registered.experiment_id is null
        and users_by_variant.users > 0

),

controls as (

    select
        variants.experiment_id,
        coalesce(
            max(registry.control_variant),
            max(case when variants.variant = 'control' then variants.variant end),
            min(variants.variant)
        ) as control_variant,
        -- Shares that are not given for every variant are taken as equal.
        min(case when variants.expected_share is null then 0 else 1 end) = 1 as has_shares,
        count(*) as variant_count,
        sum(variants.expected_share) as total_share
    from variants
    left join registry on variants.experiment_id = registry.experiment_id
    group by variants.experiment_id

),

final as (

    select
        variants.experiment_id,
        variants.variant,
        controls.control_variant,
        variants.variant = controls.control_variant as is_control,
        case
            when controls.has_shares and controls.total_share > 0
                then variants.expected_share / controls.total_share
            else {{ segment_experiments.float_literal(1) }} / controls.variant_count
        end as expected_share,
        cast(coalesce(users_by_variant.users, 0) as {{ dbt.type_bigint() }}) as users,
        assigned.experiment_id is not null as has_assignments
    from variants
    inner join controls on variants.experiment_id = controls.experiment_id
    left join assigned on variants.experiment_id = assigned.experiment_id
    left join users_by_variant
        on
            variants.experiment_id = users_by_variant.experiment_id
            and variants.variant = users_by_variant.variant

)

select * from final
