{{ config(enabled=segment_experiments.is_in_modules(['interactions', 'marginal_effects'])) }}
{#- Pairs of variants are counted by the million, which is faster by numbers than by names. -#}
with variants as (

    select * from {{ ref('segment_experiments', 'int_experiment_variants') }}
    where users > 0

),

final as (

    select
        experiment_id,
        variant,
        control_variant,
        is_control,
        users,
        dense_rank() over (order by experiment_id) as experiment_number,
        row_number() over (order by experiment_id, variant) as variant_number
    from variants

)

select * from final
