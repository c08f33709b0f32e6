{{ config(enabled=segment_experiments.exports() | length > 0) }}
with assignments as (

    select * from {{ ref('segment_experiments', 'experiment_assignments') }}

),

{% for export in segment_experiments.enabled_exports() -%}
{{ segment_experiments.export_rows_ctes(export, export ~ '_rows') }},

{% endfor -%}
never_exported as (

    select
        'every export' as export_name,
        experiment_id,
        user_id,
        {{ segment_experiments.never_exported_reason('assignments') }} as exclusion_reason
    from assignments

),

united as (

    select
        export_name,
        experiment_id,
        user_id,
        exclusion_reason
    from never_exported
    {%- for export in segment_experiments.enabled_exports() %}

    union all

    select
        '{{ export }}' as export_name,
        experiment_id,
        user_id,
        exclusion_reason
    from {{ export }}_rows
    {%- endfor %}

),

final as (

    select
        export_name,
        experiment_id,
        exclusion_reason,
        count(*) as assignments,
        min(user_id) as example
    from united
    where exclusion_reason is not null
    group by export_name, experiment_id, exclusion_reason

)

select * from final
