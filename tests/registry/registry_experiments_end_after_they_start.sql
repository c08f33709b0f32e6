{{ config(severity=segment_experiments.setting('registry_severity'), store_failures=true) }}

with experiments as (

    select * from {{ ref('segment_experiments', 'stg_registry__experiments') }}

),

final as (

    select
        experiment_id,
        started_at,
        ended_at,
        planned_end,
        case
            when ended_at <= started_at
                then 'The ended_at must be later than started_at: all users are outside of these dates.'
            else 'The planned_end must be later than started_at.'
        end as message
    from experiments
    where
        ended_at <= started_at
        or planned_end <= started_at

)

select * from final
