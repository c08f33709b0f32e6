{{ config(enabled=segment_experiments.is_in_modules('marginal_effects')) }}
{#-
    All experiments that have not settled are in one regression, with those beside them: the block 0. An
    experiment that has settled has one of its own, of its users only, and of what they were assigned to until the
    windows had passed when it settled: its numbers must not move with those of later experiments.
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

final as (

    select
        0 as block_number,
        experiments.experiment_number,
        cast(null as {{ dbt.type_timestamp() }}) as assigned_before,
        not experiments.is_settled
        and {{ segment_experiments.is_open_or_computed('experiments.experiment_id') }} as is_shown
    from experiments
    cross join begin
    where
        not experiments.is_settled
        or experiments.settled_at >= begin.first_analysed_from

    union all

    select
        experiments.experiment_number as block_number,
        others.experiment_number,
        case
            when experiments.experiment_number <> others.experiment_number
                then {{ segment_experiments.add_seconds(
                    'experiments.settled_at', -segment_experiments.longest_wait()
                ) }}
        end as assigned_before,
        experiments.experiment_number = others.experiment_number as is_shown
    from experiments
    inner join others
        on {{ segment_experiments.is_beside('experiments', 'others') }}
    where
        experiments.is_computed
        and experiments.is_settled

)

select * from final
