{#-
    A query of an export with a column per experiment instead of one JSON object, for tools that map
    columns. The columns are those of the experiments that are exported when it is compiled.

    Arguments: export (string), a key of export_limits().
    Returns: SQL of a query with user_id and a column, of type string, per name.
-#}
{% macro export_as_columns(export) -%}
{%- set names = [] -%}
{%- if segment_experiments.existing_relation('int_export_assignments') is not none -%}
    {%- set query -%}
        with {{ segment_experiments.export_rows_ctes(export, 'export_rows') }}
        select distinct name from export_rows
        where exclusion_reason is null
        order by name
    {%- endset -%}
    {%- do names.extend(run_query(query).columns[0].values()) -%}
{%- endif -%}
with {{ segment_experiments.export_rows_ctes(export, 'export_rows') }},

final as (

    select
        {%- for name in names %}
        max(case when name = {{ segment_experiments.string_literal(name) }} then variant end)
            as {{ segment_experiments.quoted_name(name) }},
        {%- endfor %}
        user_id
    from export_rows
    where exclusion_reason is null
    group by user_id

)

select * from final
{%- endmacro %}
