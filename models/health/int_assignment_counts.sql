{{ config(**segment_experiments.by_experiment()) }}
{%- set dimensions = segment_experiments.assignment_dimensions().keys() | list -%}
{%- set keys = ['experiment_id', 'variant', 'exclusion_reason'] + dimensions %}

with assignments as (

    {{ segment_experiments.computed_rows('experiment_assignments', 'assignments', 'assigned_at') }}

),

final as (

    select
        {%- for key in keys %}
        {{ key }},
        {%- endfor %}
        cast(assigned_at as date) as assigned_on,
        cast(count(*) as {{ dbt.type_bigint() }}) as users
    from assignments
    group by {{ keys | join(', ') }}, cast(assigned_at as date)

)

select * from final
