with registry as (

    select
        cast(user_id as {{ segment_experiments.type_text() }}) as user_id,
        cast(anonymous_id as {{ segment_experiments.type_text() }}) as anonymous_id
    from {{ segment_experiments.registry_relation('suppressed_users') }}

),

final as (

    select
        nullif({{ segment_experiments.trimmed('user_id') }}, '') as user_id,
        nullif({{ segment_experiments.trimmed('anonymous_id') }}, '') as anonymous_id
    from registry

)

select * from final
