{#-
    The rows of a model that belong to the users whom this run computes again; all of them in a run
    that computes everything.

    Arguments: model (string), with a column user_key; alias (string), of its rows.
    Returns: SQL of a query with the columns of the model, to which `where` may be added.
-#}
{% macro rows_of_changed_users(model, alias) -%}
    {%- set changed_users = ref('segment_experiments', 'int_changed_users') -%}
select {{ alias }}.*
    from {{ ref('segment_experiments', model) }} as {{ alias }}
    {%- if segment_experiments.is_increment() %}
    inner join {{ changed_users }} as changed_users
        on {{ alias }}.user_key = changed_users.user_key
    {%- endif %}
{%- endmacro %}
