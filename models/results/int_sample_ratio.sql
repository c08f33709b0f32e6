with variants as (

    select * from {{ ref('segment_experiments', 'int_experiment_variants') }}
    where has_assignments

),

{{ segment_experiments.sample_ratio_ctes('variants', 'tested', ['experiment_id']) }},

final as (

    select
        experiment_id,
        chi_square,
        degrees_of_freedom,
        p_value as srm_p_value,
        counts
    from tested

)

select * from final
