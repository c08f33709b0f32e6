{{ config(severity=segment_experiments.setting('registry_severity'), store_failures=true) }}

with experiments as (

    select * from {{ ref('segment_experiments', 'stg_registry__experiments') }}

),

variants as (

    select * from {{ ref('segment_experiments', 'stg_registry__experiment_variants') }}

),

listed as (

    select distinct experiment_id from variants

),

final as (

    select
        experiments.experiment_id,
        experiments.decision,
        'The decision must be one of the variants in experiment_variants, or none.' as message
    from experiments
    inner join listed on experiments.experiment_id = listed.experiment_id
    left join variants
        on
            experiments.experiment_id = variants.experiment_id
            and experiments.decision = variants.variant
    where
        lower(experiments.decision) <> 'none'
        and variants.variant is null

)

select * from final
