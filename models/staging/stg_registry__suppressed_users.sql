with registry as (

    select * from {{ segment_experiments.registry_relation('suppressed_users') }}

),

final as (

    select
        nullif(trim(cast(user_id as {{ segment_experiments.type_text() }})), '') as user_id,
        nullif(trim(cast(anonymous_id as {{ segment_experiments.type_text() }})), '') as anonymous_id
    from registry

)

select * from final
