{{ config(enabled=segment_experiments.is_in_modules('marginal_effects')) }}

with assignments as (

    select * from {{ ref('segment_experiments', 'int_joint_assignments') }}

),

own_assignments as (

    select * from {{ ref('segment_experiments', 'int_joint_assignments') }}

),

blocks as (

    select * from {{ ref('segment_experiments', 'int_regression_blocks') }}

),

members as (

    select
        blocks.block_number,
        assignments.*
    from assignments
    inner join blocks on assignments.experiment_number = blocks.experiment_number
    where blocks.block_number = 0

    union all

    select
        blocks.block_number,
        assignments.*
    from assignments
    inner join blocks on assignments.experiment_number = blocks.experiment_number
    inner join own_assignments
        on
            blocks.block_number = own_assignments.experiment_number
            and assignments.user_number = own_assignments.user_number
    where
        blocks.block_number > 0
        and coalesce(assignments.analysed_from < blocks.assigned_before, true)

),

final as (

    select
        block_number,
        user_number,
        experiment_number,
        variant_number,
        min(level) over (partition by block_number, user_number) as user_level,
        analysed_from = max(analysed_from) over (partition by block_number, user_number) as is_last
    from members

)

select * from final
