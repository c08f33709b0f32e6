with registry as (

    select * from {{ segment_experiments.registry_relation('suppressed_users') }}

),

final as (

    select
        nullif({{ segment_experiments.trimmed('cast(user_id as ' ~ segment_experiments.type_text() ~ ')') }}, '') as user_id,
        nullif({{ segment_experiments.trimmed('cast(anonymous_id as ' ~ segment_experiments.type_text() ~ ')') }}, '') as anonymous_id
    from registry

)

select * from final
