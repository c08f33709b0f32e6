{{ config(severity=segment_experiments.setting('registry_severity'), store_failures=true) }}

with experiments as (

    select * from {{ ref('segment_experiments', 'stg_registry__experiments') }}

),

final as (

    select
        experiment_id,
        started_at,
        ended_at,
        'The ended_at must be later than started_at: all users are outside of these dates.'
            as message
    from experiments
    where ended_at <= started_at

)

select * from final
