{{ config(enabled=segment_experiments.is_in_modules('interactions')) }}

with variants as (

    select * from {{ ref('segment_experiments', 'int_joint_variants') }}

),

all_assignments as (

    select * from {{ ref('segment_experiments', 'int_joint_assignments') }}

),

assignments as (

    select
        all_assignments.*,
        variants.is_computed
    from all_assignments
    inner join variants on all_assignments.variant_number = variants.variant_number

),

others as (

    select * from assignments

),

-- A pair is mature when the later of its two assignments is.
final as (

    select
        assignments.variant_number as variant_number_a,
        others.variant_number as variant_number_b,
        least(assignments.level, others.level) as level,
        count(*) as users
    from assignments
    inner join others
        on
            assignments.user_number = others.user_number
            and assignments.experiment_number < others.experiment_number
            and (assignments.is_computed or others.is_computed)
    group by
        assignments.variant_number,
        others.variant_number,
        least(assignments.level, others.level)

)

select * from final
