{{ config(
    enabled=segment_experiments.is_in_modules('interactions'),
    **segment_experiments.by_experiment(
        columns=['experiment_a', 'experiment_b'], cluster_by=['experiment_a', 'experiment_b']
    )
) }}
{%- set quantities = ['value', 'denominator'] -%}
with variant_pairs as (

    select * from {{ ref('segment_experiments', 'int_variant_pairs') }}

),

variants as (

    select * from {{ ref('segment_experiments', 'int_joint_variants') }}

),

others as (

    select * from {{ ref('segment_experiments', 'int_joint_variants') }}

),

metrics as (

    select * from {{ ref('segment_experiments', 'int_metrics') }}

),

sums as (

    select
        metric,
        variant_number_a,
        variant_number_b as variant,
        active_users,
        total,
        value_active_mean,
        denominator_active_mean,
        products_value_value,
        products_value_denominator,
        products_denominator_denominator
    from {{ ref('segment_experiments', 'int_interaction_sums') }}

),

experiment_pairs as (

    select distinct
        variants.experiment_id as experiment_a,
        others.experiment_id as experiment_b
    from variant_pairs
    inner join variants on variant_pairs.variant_number_a = variants.variant_number
    inner join others
        on variant_pairs.variant_number_b = others.variant_number
    where
        (variants.is_computed or others.is_computed)
        and {{ segment_experiments.is_beside('variants', 'others') }}

),

-- Every cell has a row for every metric, whether anybody is in it or not.
grid as (

    select
        experiment_pairs.experiment_a,
        experiment_pairs.experiment_b,
        variants.variant as variant_a,
        others.variant as variant_b,
        variants.is_control as is_control_a,
        others.is_control as is_control_b,
        variants.variant_number as variant_number_a,
        others.variant_number as variant_number_b,
        metrics.metric,
        metrics.metric_type,
        metrics.required_level
    from experiment_pairs
    inner join variants on experiment_pairs.experiment_a = variants.experiment_id
    inner join others
        on experiment_pairs.experiment_b = others.experiment_id
    cross join metrics

),

arms as (

    select
        grid.experiment_a,
        grid.experiment_b,
        grid.variant_a,
        grid.variant_b,
        grid.is_control_a,
        grid.is_control_b,
        grid.variant_number_a,
        grid.variant_number_b as variant,
        grid.metric,
        grid.metric_type,
        cast(coalesce(sum(variant_pairs.users), 0) as {{ dbt.type_bigint() }}) as shared_users,
        cast(
            coalesce(
                sum(case when variant_pairs.level >= grid.required_level then variant_pairs.users end), 0
            ) as {{ dbt.type_bigint() }}
        ) as users
    from grid
    left join variant_pairs
        on
            grid.variant_number_a = variant_pairs.variant_number_a
            and grid.variant_number_b = variant_pairs.variant_number_b
    group by
        grid.experiment_a,
        grid.experiment_b,
        grid.variant_a,
        grid.variant_b,
        grid.is_control_a,
        grid.is_control_b,
        grid.variant_number_a,
        grid.variant_number_b,
        grid.metric,
        grid.metric_type

),

{{ segment_experiments.sufficient_statistics_ctes(
    'sums', 'arms', 'statistics', ['metric', 'variant_number_a'], quantities
) }},

ratios as (

    select
        statistics.*,
        value_mean / {{ segment_experiments.divisor('denominator_mean') }} as value_ratio
    from statistics

),

final as (

    select
        experiment_a,
        experiment_b,
        variant_a,
        variant_b,
        is_control_a,
        is_control_b,
        metric,
        shared_users,
        users,
        value_ratio as mean,
        {{ segment_experiments.ratio_comoment('', quantities, quantities) }}
        / nullif(greatest(users - 1, 0), 0) as variance
    from ratios

)

select * from final
