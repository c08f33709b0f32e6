{{ config(enabled=segment_experiments.is_in_modules(['interactions', 'marginal_effects'])) }}

with users as (

    select * from {{ ref('segment_experiments', 'int_regression_users') }}

),

others as (

    select * from {{ ref('segment_experiments', 'int_regression_users') }}

),

-- A pair is mature when the later of its two assignments is.
final as (

    select
        users.block_number,
        users.variant_number as variant_number_a,
        others.variant_number as variant_number_b,
        least(users.level, others.level) as level,
        users.user_level,
        count(*) as users
    from users
    inner join others
        on
            users.block_number = others.block_number
            and users.user_number = others.user_number
            and users.experiment_number < others.experiment_number
    group by
        users.block_number,
        users.variant_number,
        others.variant_number,
        least(users.level, others.level),
        users.user_level

)

select * from final
