with registry as (

    select * from {{ segment_experiments.registry_relation('experiments') }}

),

final as (

    select
        trim(cast(experiment_id as {{ dbt.type_string() }})) as experiment_id,
        nullif(trim(cast(control_variant as {{ dbt.type_string() }})), '') as control_variant,
        nullif(trim(cast(primary_metric as {{ dbt.type_string() }})), '') as primary_metric,
        nullif(trim(cast(owner as {{ dbt.type_string() }})), '') as owner,
        nullif(trim(cast(hypothesis as {{ dbt.type_string() }})), '') as hypothesis,
        cast(started_at as {{ dbt.type_timestamp() }}) as started_at,
        cast(ended_at as {{ dbt.type_timestamp() }}) as ended_at
    from registry

)

select * from final
