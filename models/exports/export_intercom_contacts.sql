{{ config(enabled=segment_experiments.is_exported('intercom')) }}
with {{ segment_experiments.export_rows_ctes('export_intercom_contacts', 'export_rows') }},

{{ segment_experiments.export_objects_ctes('export_rows', 'users', 'custom_attributes') }},

final as (

    select
        user_id as external_id,
        custom_attributes,
        cast(experiment_count as {{ dbt.type_bigint() }}) as experiment_count,
        changed_at
    from users

)

select * from final
