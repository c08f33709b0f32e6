{#-
    Aggregate: columns of the row that comes first, as one struct; read them as `name.column`.

    Arguments: columns (list of column names); order_by (list of SQL expressions, ascending, not
    null; together they should be unique, so that the answer does not depend on the order of the
    rows).
-#}
{% macro first_row_by(columns, order_by) -%}
    {{ return(adapter.dispatch('first_row_by', 'segment_experiments')(columns, order_by)) }}
{%- endmacro %}

{% macro default__first_row_by(columns, order_by) %}
    {{ segment_experiments.unsupported_adapter('first_row_by') }}
{% endmacro %}

{% macro duckdb__first_row_by(columns, order_by) -%}
    arg_min(
            struct_pack(
                {%- for column in columns %}{{ column }} := {{ column }}{{ ', ' if not loop.last }}{% endfor -%}
            ),
            row({{ order_by | join(', ') }})
        )
{%- endmacro %}

{#- ARRAY_AGG with LIMIT 1 keeps one row per group in memory; it is BigQuery's advised form. -#}
{% macro bigquery__first_row_by(columns, order_by) -%}
    array_agg(
            struct({{ columns | join(', ') }})
            order by {{ order_by | join(', ') }} limit 1
        )[offset(0)]
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


{#-
    Aggregate: a whole number with a bit for each value, bit 0 for the value 0; null for no value.

    Arguments: position (SQL, integer from 0 to 62, or null).
-#}
{% macro bits_or(position) -%}
    {{ return(adapter.dispatch('bits_or', 'segment_experiments')(position)) }}
{%- endmacro %}

{% macro default__bits_or(position) %}
    {{ segment_experiments.unsupported_adapter('bits_or') }}
{% endmacro %}

{% macro duckdb__bits_or(position) -%}
    bit_or(cast(1 as bigint) << cast({{ position }} as bigint))
{%- endmacro %}

{% macro bigquery__bits_or(position) -%}
    bit_or(1 << ({{ position }}))
{%- endmacro %}


{#-
    Whether a bit is set.

    Arguments: bits (SQL, integer, as of bits_or()); position (SQL, integer).
    Returns: SQL, boolean.
-#}
{% macro has_bit(bits, position) -%}
    ((({{ bits }}) >> ({{ position }})) & 1) = 1
{%- endmacro %}
