{#- The users before the activation event: a variant cannot have changed how many they are. -#}
with assignments as (

    select * from {{ ref('segment_experiments', 'int_assignment_counts') }}
    where exclusion_reason is null or exclusion_reason = 'not_activated'

),

registry as (

    select * from {{ ref('segment_experiments', 'stg_registry__experiments') }}
    where activation_event is not null

),

variants as (

    select * from {{ ref('segment_experiments', 'int_experiment_variants') }}

),

counts as (

    select
        experiment_id,
        variant,
        sum(users) as users
    from assignments
    group by experiment_id, variant

),

arms as (

    select
        variants.experiment_id,
        variants.variant,
        variants.expected_share,
        cast(coalesce(counts.users, 0) as {{ dbt.type_bigint() }}) as users
    from variants
    inner join registry on variants.experiment_id = registry.experiment_id
    left join counts
        on
            variants.experiment_id = counts.experiment_id
            and variants.variant = counts.variant
    where variants.has_assignments

),

{{ segment_experiments.sample_ratio_ctes('arms', 'tested', ['experiment_id']) }},

final as (

    select
        experiment_id,
        p_value as srm_p_value,
        counts
    from tested

)

select * from final
