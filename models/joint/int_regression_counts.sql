{{ config(enabled=segment_experiments.is_in_modules('marginal_effects')) }}
{#- Users of every pair of variants, both ways and of a variant with itself; 0 stands for everybody. -#}
with assignments as (

    select * from {{ ref('segment_experiments', 'int_joint_assignments') }}

),

variant_pairs as (

    select * from {{ ref('segment_experiments', 'int_variant_pairs') }}

),

levels as (

    select distinct required_level
    from {{ ref('segment_experiments', 'int_metrics') }}

),

single_variants as (

    select
        variant_number,
        user_level,
        count(*) as users
    from assignments
    group by variant_number, user_level

),

everybody as (

    select
        user_level,
        count(distinct user_number) as users
    from assignments
    group by user_level

),

pairs as (

    select
        variant_number_a,
        variant_number_b,
        user_level,
        users
    from variant_pairs

    union all

    select
        variant_number_b as variant_number_a,
        variant_number_a as variant_number_b,
        user_level,
        users
    from variant_pairs

    union all

    select
        variant_number as variant_number_a,
        variant_number as variant_number_b,
        user_level,
        users
    from single_variants

    union all

    select
        variant_number as variant_number_a,
        0 as variant_number_b,
        user_level,
        users
    from single_variants

    union all

    select
        0 as variant_number_a,
        variant_number as variant_number_b,
        user_level,
        users
    from single_variants

    union all

    select
        0 as variant_number_a,
        0 as variant_number_b,
        user_level,
        users
    from everybody

),

final as (

    select
        levels.required_level,
        pairs.variant_number_a,
        pairs.variant_number_b,
        cast(sum(pairs.users) as {{ dbt.type_bigint() }}) as users
    from pairs
    inner join levels on pairs.user_level >= levels.required_level
    group by levels.required_level, pairs.variant_number_a, pairs.variant_number_b

)

select * from final
