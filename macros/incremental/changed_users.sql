{#-
    The rows of a model that belong to the users whom this run computes again; all of them in a run
    that computes everything.

    Arguments: model (string), with a column user_key; alias (string), of its rows.
    Returns: SQL of a query with the columns of the model, to which `where` may be added.
-#}
{% macro rows_of_changed_users(model, alias) -%}
    {%- if not execute -%}
        {#- dbt has to know all that can be read. -#}
        {%- do ref('segment_experiments', 'int_changed_users') -%}
    {%- endif -%}
select {{ alias }}.*
    from {{ ref('segment_experiments', model) }} as {{ alias }}
    {%- if segment_experiments.is_increment() %}
    inner join {{ ref('segment_experiments', 'int_changed_users') }} as changed_users
        on {{ alias }}.user_key = changed_users.user_key
    {%- endif %}
{%- endmacro %}


{#-
    The rows that a run puts together once for several models, of the users whom it computes again.

    What the table holds is of the run that wrote it: everything, or the changed users. A run that adds
    to what is there takes the changed users only. A run that computes everything, but leaves the table
    out (`--select`, `dbt retry`), puts the rows together itself.

    Arguments: name (string): of the table int_user_<name>, with a column user_key, and of the ephemeral
    model int_stitched_<name> that it is made from.
    Returns: SQL of a query with the columns of the model, to which `where` may be added; its rows have
    the alias `shared`.
-#}
{% macro shared_rows(name) -%}
    {%- set table = 'int_user_' ~ name -%}
    {%- set definition = 'int_stitched_' ~ name -%}
    {%- set node = 'model.segment_experiments.' ~ table -%}
    {%- if not execute -%}
        {#- dbt has to know all that can be read. -#}
        {%- do ref('segment_experiments', definition) -%}
    {%- endif -%}
    {%- if segment_experiments.is_increment() or not execute
        or model.resource_type == 'unit_test' or node in selected_resources -%}
{{ segment_experiments.rows_of_changed_users(table, 'shared') }}
    {%- else -%}
select shared.*
    from {{ ref('segment_experiments', definition) }} as shared
    {%- endif -%}
{%- endmacro %}
