{{ config(severity=segment_experiments.setting('registry_severity'), store_failures=true) }}

with variants as (

    select * from {{ ref('segment_experiments', 'stg_registry__experiment_variants') }}

),

final as (

    select
        experiment_id,
        variant,
        listed,
        'List every variant of an experiment once.' as message
    from variants
    where listed > 1

)

select * from final
