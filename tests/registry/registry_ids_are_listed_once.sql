{{ config(severity=segment_experiments.setting('registry_severity'), store_failures=true) }}

with experiments as (

    select * from {{ ref('segment_experiments', 'stg_registry__experiments') }}

),

registry as (

    select * from {{ segment_experiments.registry_relation('experiments') }}

),

blank as (

    select count(*) as listed
    from registry
    where coalesce(trim(cast(experiment_id as {{ segment_experiments.type_text() }})), '') = ''

),

final as (

    select
        experiment_id,
        listed,
        'List every experiment once, with an id.' as message
    from experiments
    where listed > 1

    union all

    select
        cast(null as {{ segment_experiments.type_text() }}) as experiment_id,
        listed,
        'Remove the lines without an id.' as message
    from blank
    where listed > 0

)

select * from final
