{{ config(enabled=segment_experiments.is_in_modules('marginal_effects')) }}
{#-
    The regression has an indicator for being in an experiment at all and one for each of its variants
    but the control, so that a variant is compared with the control and not with everybody who never saw
    the experiment. An indicator is given by the variants it is 1 for; the number 0 stands for everybody.
-#}
with variants as (

    select * from {{ ref('segment_experiments', 'int_joint_variants') }}

),

blocks as (

    select * from {{ ref('segment_experiments', 'int_regression_blocks') }}

),

experiments as (

    select
        blocks.block_number,
        variants.experiment_number,
        max(case when blocks.experiment_number = blocks.block_number then 1 else 0 end) as is_own,
        sum(variants.users) as users,
        max(case when variants.is_control then 1 else 0 end) as has_control,
        1 + sum(case when variants.is_control then 0 else 1 end) as column_count
    from blocks
    inner join variants on blocks.experiment_number = variants.experiment_number
    group by blocks.block_number, variants.experiment_number

),

-- The experiments with the most users go first, where there are too many.
ranked as (

    select
        experiments.*,
        sum(case when has_control = 1 then column_count else 1 end) over (
            partition by block_number
            order by is_own desc, users desc, experiment_number asc
            rows between unbounded preceding and current row
        ) as columns_until_here
    from experiments

),

chosen as (

    select *
    from ranked
    where columns_until_here < {{ segment_experiments.setting('max_regression_columns') }}

),

indicators as (

    select distinct
        block_number,
        0 as indicator_rank,
        0 as experiment_number,
        0 as indicator_variant,
        0 as variant_number
    from experiments

    union all

    select
        chosen.block_number,
        1 as indicator_rank,
        variants.experiment_number,
        0 as indicator_variant,
        variants.variant_number
    from variants
    inner join chosen on variants.experiment_number = chosen.experiment_number

    union all

    select
        chosen.block_number,
        2 as indicator_rank,
        variants.experiment_number,
        variants.variant_number as indicator_variant,
        variants.variant_number
    from variants
    inner join chosen on variants.experiment_number = chosen.experiment_number
    where
        not variants.is_control
        and chosen.has_control = 1

),

final as (

    select
        block_number,
        dense_rank() over (
            partition by block_number order by indicator_rank, experiment_number, indicator_variant
        ) as column_number,
        case indicator_rank when 0 then 'intercept' when 1 then 'experiment' else 'variant' end
            as column_kind,
        experiment_number,
        variant_number
    from indicators

)

select * from final
