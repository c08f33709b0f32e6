{#-
    Aggregate: the value (null included) in the row that comes first.

    Arguments: value (SQL); order_by (list of SQL expressions, ascending, not null; together they
    should be unique, so that the answer does not depend on the order of the rows).
-#}
{% macro first_value_by(value, order_by) -%}
    {{ return(adapter.dispatch('first_value_by', 'segment_experiments')(value, order_by)) }}
{%- endmacro %}

{% macro default__first_value_by(value, order_by) %}
    {{ segment_experiments.unsupported_adapter('first_value_by') }}
{% endmacro %}

{% macro duckdb__first_value_by(value, order_by) -%}
    arg_min_null({{ value }}, row({{ order_by | join(', ') }}))
{%- endmacro %}

{#- ARRAY_AGG with LIMIT 1 keeps one row per group in memory; it is BigQuery's advised form. -#}
{% macro bigquery__first_value_by(value, order_by) -%}
    array_agg({{ value }} order by {{ order_by | join(', ') }} limit 1)[offset(0)]
{%- endmacro %}


{#-
    Aggregate: distinct values in alphabetical order, joined by ', '.

    Arguments: expression (SQL, string).
-#}
{% macro string_list(expression) -%}
    {{ return(adapter.dispatch('string_list', 'segment_experiments')(expression)) }}
{%- endmacro %}

{% macro default__string_list(expression) %}
    {{ segment_experiments.unsupported_adapter('string_list') }}
{% endmacro %}

{% macro duckdb__string_list(expression) -%}
    string_agg(distinct {{ expression }}, ', ' order by {{ expression }})
{%- endmacro %}

{% macro bigquery__string_list(expression) -%}
    string_agg(distinct {{ expression }}, ', ' order by {{ expression }})
{%- endmacro %}
