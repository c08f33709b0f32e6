{{ config(enabled=segment_experiments.is_exported('customerio')) }}
with {{ segment_experiments.export_rows_ctes('export_customerio_people', 'export_rows') }},

{{ segment_experiments.export_objects_ctes('export_rows', 'users', 'attributes') }},

final as (

    select
        user_id as id,
        attributes,
        cast(experiment_count as {{ dbt.type_bigint() }}) as experiment_count,
        changed_at
    from users

)

select * from final
