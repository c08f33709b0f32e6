{{ config(enabled=segment_experiments.is_exported('amplitude')) }}
with {{ segment_experiments.export_rows_ctes('export_amplitude_user_properties', 'export_rows') }},

{{ segment_experiments.export_objects_ctes('export_rows', 'users', 'user_properties') }},

final as (

    select
        user_id,
        user_properties,
        cast(experiment_count as {{ dbt.type_bigint() }}) as experiment_count,
        changed_at
    from users

)

select * from final
