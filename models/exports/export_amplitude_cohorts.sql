{{ config(enabled=segment_experiments.is_exported('amplitude')) }}
with {{ segment_experiments.export_rows_ctes('export_amplitude_cohorts', 'export_rows') }},

-- In the order of the assignment, so that users keep their part while others come in.
numbered as (

    select
        export_rows.*,
        row_number() over (
            partition by experiment_id, variant
            order by assigned_at, user_id
        ) as user_number
    from export_rows
    where exclusion_reason is null

),

parts as (

    select
        numbered.*,
        cast(
            1 + floor((user_number - 1) / {{ segment_experiments.max_cohort_users() }}.0)
            as {{ dbt.type_bigint() }}
        ) as cohort_part
    from numbered

),

final as (

    select
        name
        || case
            when cohort_part > 1
                then ' (part ' || cast(cohort_part as {{ segment_experiments.type_text() }}) || ')'
            else ''
        end as cohort_name,
        user_id,
        experiment_id,
        variant,
        cohort_part,
        assigned_at
    from parts

)

select * from final
