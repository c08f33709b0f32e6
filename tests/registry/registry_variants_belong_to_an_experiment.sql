{{ config(severity=segment_experiments.setting('registry_severity'), store_failures=true) }}

with experiments as (

    select * from {{ ref('segment_experiments', 'stg_registry__experiments') }}

),

variants as (

    select * from {{ ref('segment_experiments', 'stg_registry__experiment_variants') }}

),

final as (

    select
        variants.experiment_id,
        variants.variant,
        'This experiment of experiment_variants is missing in experiments.' as message
    from variants
    left join experiments on variants.experiment_id = experiments.experiment_id
    where experiments.experiment_id is null

)

select * from final
