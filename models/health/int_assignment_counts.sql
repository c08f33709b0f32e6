{%- set dimensions = segment_experiments.assignment_dimensions().keys() | list -%}
{%- set keys = ['experiment_id', 'variant'] + dimensions -%}
with assignments as (

    select * from {{ ref('segment_experiments', 'experiment_assignments') }}

),

final as (

    select
        {%- for key in keys %}
        {{ key }},
        {%- endfor %}
        cast(assigned_at as date) as assigned_on,
        cast(count(*) as {{ dbt.type_bigint() }}) as users
    from assignments
    where exclusion_reason is null
    group by {{ keys | join(', ') }}, cast(assigned_at as date)

)

select * from final
