with registry as (

    select * from {{ ref('segment_experiments', 'stg_registry__experiments') }}

),

registered_variants as (

    select * from {{ ref('segment_experiments', 'stg_registry__experiment_variants') }}

),

assignments as (

    select * from {{ ref('segment_experiments', 'int_assignment_counts') }}

),

users_by_variant as (

    select
        experiment_id,
        variant,
        sum(case when exclusion_reason is null then users else 0 end) as users
    from assignments
    group by experiment_id, variant

),

assigned as (

    select distinct experiment_id from users_by_variant

),

{{ segment_experiments.variants_ctes('users_by_variant', 'variants', ['experiment_id']) }},

final as (

    select
        variants.experiment_id,
        variants.variant,
        variants.control_variant,
        variants.is_control,
        variants.expected_share,
        variants.users,
        assigned.experiment_id is not null as has_assignments
    from variants
    left join assigned on variants.experiment_id = assigned.experiment_id

)

select * from final
