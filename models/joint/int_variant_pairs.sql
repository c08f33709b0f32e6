{{ config(enabled=segment_experiments.is_in_modules(['interactions', 'marginal_effects'])) }}
with assignments as (

    select * from {{ ref('segment_experiments', 'int_joint_assignments') }}

),

others as (

    select * from {{ ref('segment_experiments', 'int_joint_assignments') }}

),

-- A pair is mature when the later of its two assignments is.
final as (

    select
        assignments.variant_number as variant_number_a,
        others.variant_number as variant_number_b,
        least(assignments.level, others.level) as level,
        assignments.user_level,
        count(*) as users
    from assignments
    inner join others
        on
            assignments.user_number = others.user_number
            and assignments.experiment_number < others.experiment_number
    group by
        assignments.variant_number,
        others.variant_number,
        least(assignments.level, others.level),
        assignments.user_level

)

select * from final
