with registry as (

    select * from {{ segment_experiments.registry_relation('experiment_variants') }}

),

final as (

    select
        trim(cast(experiment_id as {{ dbt.type_string() }})) as experiment_id,
        trim(cast(variant as {{ dbt.type_string() }})) as variant,
        cast(expected_share as {{ segment_experiments.type_double() }}) as expected_share
    from registry

)

select * from final
