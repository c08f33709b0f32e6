with variants as (

    select * from {{ ref('segment_experiments', 'int_experiment_variants') }}
    where has_assignments

),

counted as (

    select
        variants.*,
        sum(users) over (partition by experiment_id) as all_users,
        expected_share * sum(users) over (partition by experiment_id) as expected_users
    from variants

),

chi_squares as (

    select
        experiment_id,
        count(*) - 1 as degrees_of_freedom,
        max(all_users) as users,
        sum(
            case
                when expected_users > 0
                    then (users - expected_users) * (users - expected_users) / expected_users
            end
        ) as chi_square,
        max(case when expected_users <= 0 and users > 0 then 1 else 0 end) as has_impossible_users
    from counted
    group by experiment_id

),

final as (

    select
        experiment_id,
        chi_square,
        degrees_of_freedom,
        case
            when users = 0 then null
            when has_impossible_users = 1 then 0.0
            else {{ segment_experiments.chi_square_survival('chi_square', 'degrees_of_freedom') }}
        end as srm_p_value
    from chi_squares

)

select * from final
