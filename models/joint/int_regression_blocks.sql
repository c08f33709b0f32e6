{{ config(enabled=segment_experiments.is_in_modules(['interactions', 'marginal_effects'])) }}
{#-
    All experiments that have not settled are in one regression, with those beside them: the block 0. What has
    settled and is not beside one of them any more has a regression of its own, of its users only, with the
    experiments beside it: its numbers must not move with those of later experiments.
-#}
with experiments as (

    select distinct
        experiment_id,
        experiment_number,
        is_computed,
        is_settled,
        first_analysed_from,
        settled_at
    from {{ ref('segment_experiments', 'int_joint_variants') }}

),

others as (

    select * from experiments

),

begin as (

    select min(first_analysed_from) as first_analysed_from
    from experiments
    where not is_settled

),

current_members as (

    select experiments.*
    from experiments
    cross join begin
    where
        not experiments.is_settled
        or experiments.settled_at >= begin.first_analysed_from

),

own_blocks as (

    select experiments.*
    from experiments
    left join current_members on experiments.experiment_number = current_members.experiment_number
    where
        experiments.is_computed
        and current_members.experiment_number is null

),

final as (

    select
        0 as block_number,
        0 as block_experiment_number,
        experiment_number,
        {{ segment_experiments.is_open_or_computed('experiment_id') }} as is_shown
    from current_members

    union all

    select
        own_blocks.experiment_number as block_number,
        own_blocks.experiment_number as block_experiment_number,
        others.experiment_number,
        own_blocks.experiment_number = others.experiment_number as is_shown
    from own_blocks
    inner join others
        on {{ segment_experiments.is_beside('own_blocks', 'others') }}

)

select * from final
