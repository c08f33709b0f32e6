with registry as (

    select * from {{ segment_experiments.registry_relation('suppressed_users') }}

),

final as (

    select
        nullif(trim(cast(user_id as {{ dbt.type_string() }})), '') as user_id,
        nullif(trim(cast(anonymous_id as {{ dbt.type_string() }})), '') as anonymous_id
    from registry

)

select * from final
