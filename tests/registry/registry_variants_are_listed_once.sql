{{ config(severity=segment_experiments.setting('registry_severity'), store_failures=true) }}

with variants as (

    select * from {{ ref('segment_experiments', 'stg_registry__experiment_variants') }}

),

registry as (

    select * from {{ segment_experiments.registry_relation('experiment_variants') }}

),

blank as (

    select count(*) as listed
    from registry
    where
        coalesce(trim(cast(experiment_id as {{ segment_experiments.type_text() }})), '') = ''
        or coalesce(trim(cast(variant as {{ segment_experiments.type_text() }})), '') = ''

),

final as (

    select
        experiment_id,
        variant,
        listed,
        'List every variant of an experiment once.' as message
    from variants
    where listed > 1

    union all

    select
        cast(null as {{ segment_experiments.type_text() }}) as experiment_id,
        cast(null as {{ segment_experiments.type_text() }}) as variant,
        listed,
        'Remove the lines without an id or a variant.' as message
    from blank
    where listed > 0

)

select * from final
