{{ config(severity=segment_experiments.setting('registry_severity'), store_failures=true) }}

with experiments as (

    select * from {{ ref('segment_experiments', 'stg_registry__experiments') }}

),

final as (

    select
        experiment_id,
        started_at,
        'The id must fit the setting naming_convention, and end with the month of started_at.'
            as message
    from experiments
    where
        not {{ segment_experiments.matches_pattern(
            'experiment_id', segment_experiments.setting('naming_convention')
        ) }}
        or {{ segment_experiments.names_other_month('experiment_id', 'started_at') }}

)

select * from final
