{{ config(enabled=segment_experiments.is_exported('segment')) }}
with {{ segment_experiments.export_rows_ctes('export_segment_traits', 'export_rows') }},

{{ segment_experiments.export_objects_ctes('export_rows', 'users', 'experiments') }},

final as (

    select
        user_id,
        experiments,
        cast(experiment_count as {{ dbt.type_bigint() }}) as experiment_count,
        changed_at
    from users

)

select * from final
