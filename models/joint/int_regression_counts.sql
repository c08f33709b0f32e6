{{ config(enabled=segment_experiments.is_in_modules('marginal_effects')) }}
{#- Users of every pair of variants, both ways and of a variant with itself; 0 stands for everybody. -#}
with regression_users as (

    select * from {{ ref('segment_experiments', 'int_regression_users') }}

),

others as (

    select * from {{ ref('segment_experiments', 'int_regression_users') }}

),

variant_pairs as (

    select
        regression_users.block_number,
        regression_users.variant_number as variant_number_a,
        others.variant_number as variant_number_b,
        regression_users.user_level,
        count(*) as users
    from regression_users
    inner join others
        on
            regression_users.block_number = others.block_number
            and regression_users.user_number = others.user_number
            and regression_users.experiment_number < others.experiment_number
    group by
        regression_users.block_number,
        regression_users.variant_number,
        others.variant_number,
        regression_users.user_level

),

levels as (

    select distinct required_level
    from {{ ref('segment_experiments', 'int_metrics') }}

),

single_variants as (

    select
        block_number,
        variant_number,
        user_level,
        count(*) as users
    from regression_users
    group by block_number, variant_number, user_level

),

everybody as (

    select
        block_number,
        user_level,
        count(distinct user_number) as users
    from regression_users
    group by block_number, user_level

),

pairs as (

    select
        block_number,
        variant_number_a,
        variant_number_b,
        user_level,
        users
    from variant_pairs

    union all

    select
        block_number,
        variant_number_b as variant_number_a,
        variant_number_a as variant_number_b,
        user_level,
        users
    from variant_pairs

    union all

    select
        block_number,
        variant_number as variant_number_a,
        variant_number as variant_number_b,
        user_level,
        users
    from single_variants

    union all

    select
        block_number,
        variant_number as variant_number_a,
        0 as variant_number_b,
        user_level,
        users
    from single_variants

    union all

    select
        block_number,
        0 as variant_number_a,
        variant_number as variant_number_b,
        user_level,
        users
    from single_variants

    union all

    select
        block_number,
        0 as variant_number_a,
        0 as variant_number_b,
        user_level,
        users
    from everybody

),

final as (

    select
        pairs.block_number,
        levels.required_level,
        pairs.variant_number_a,
        pairs.variant_number_b,
        cast(sum(pairs.users) as {{ dbt.type_bigint() }}) as users
    from pairs
    inner join levels on pairs.user_level >= levels.required_level
    group by pairs.block_number, levels.required_level, pairs.variant_number_a, pairs.variant_number_b

)

select * from final
