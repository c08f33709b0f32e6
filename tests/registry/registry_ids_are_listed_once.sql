{{ config(severity=segment_experiments.setting('registry_severity'), store_failures=true) }}

with experiments as (

    select * from {{ ref('segment_experiments', 'stg_registry__experiments') }}

),

final as (

    select
        experiment_id,
        listed,
        'List every experiment once, with an id.' as message
    from experiments
    where
        listed > 1
        or experiment_id is null
        or experiment_id = ''

)

select * from final
