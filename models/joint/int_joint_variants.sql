{{ config(enabled=segment_experiments.is_in_modules(['interactions', 'marginal_effects'])) }}
{#- Pairs of variants are counted by the million, which is faster by numbers than by names. -#}
with variants as (

    select * from {{ ref('segment_experiments', 'int_experiment_variants') }}
    where
        users > 0
        and (
            {{ segment_experiments.is_computed('experiment_id') }}
            or {{ segment_experiments.is_neighbour('experiment_id') }}
        )

),

totals as (

    select * from {{ ref('segment_experiments', 'int_assignment_totals') }}

),

times as (

    select * from {{ ref('segment_experiments', 'int_experiment_times') }}

),

final as (

    select
        variants.experiment_id,
        variants.variant,
        variants.control_variant,
        variants.is_control,
        variants.users,
        {{ segment_experiments.is_computed('variants.experiment_id') }} as is_computed,
        times.is_settled,
        totals.first_analysed_from,
        times.settled_at,
        times.as_of,
        dense_rank() over (order by variants.experiment_id) as experiment_number,
        row_number() over (order by variants.experiment_id, variants.variant) as variant_number
    from variants
    inner join totals on variants.experiment_id = totals.experiment_id
    inner join times on variants.experiment_id = times.experiment_id

)

select * from final
