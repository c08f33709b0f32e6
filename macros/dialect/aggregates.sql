{#-
    Columns of the row that comes first in its group, in three parts: the relation to group, the
    aggregate, and how its columns are read afterwards. Where the warehouse has an aggregate for it the
    relation is used as it is; elsewhere its rows are numbered.

        select
            user_key,
            {{ first_row_by('chosen', ['variant'], order_by) }}
        from {{ first_row_source('exposures', ['user_key'], order_by) }}
        group by user_key

    and then `{{ first_row_column('chosen', 'variant') }}`.
-#}

{#-
    Aggregate: the columns, named by `name` for first_row_column().

    Arguments: name (string); columns (list of column names); order_by (list of SQL expressions,
    ascending, not null; together they should be unique, so that the answer does not depend on the
    order of the rows).
-#}
{% macro first_row_by(name, columns, order_by) -%}
    {{ return(adapter.dispatch('first_row_by', 'segment_experiments')(name, columns, order_by)) }}
{%- endmacro %}

{% macro default__first_row_by(name, columns, order_by) %}
    {{ segment_experiments.unsupported_adapter('first_row_by') }}
{% endmacro %}


{#-
    The relation to select from.

    Arguments: source (string), a relation; keys (list of columns), of the `group by`; order_by (list
    of SQL expressions), the same as of first_row_by().
-#}
{% macro first_row_source(source, keys, order_by) -%}
    {{ return(adapter.dispatch('first_row_source', 'segment_experiments')(source, keys, order_by)) }}
{%- endmacro %}

{% macro default__first_row_source(source, keys, order_by) %}
    {{ segment_experiments.unsupported_adapter('first_row_source') }}
{% endmacro %}


{#-
    A column of the row that came first.

    Arguments: name, column (strings), as of first_row_by().
-#}
{% macro first_row_column(name, column) -%}
    {{ return(adapter.dispatch('first_row_column', 'segment_experiments')(name, column)) }}
{%- endmacro %}

{% macro default__first_row_column(name, column) %}
    {{ segment_experiments.unsupported_adapter('first_row_column') }}
{% endmacro %}


{#-
    The three parts by numbered rows, for warehouses without a fitting aggregate.

    Arguments: name (string), columns (list of column names), as of first_row_by().
-#}
{% macro numbered_first_row_by(name, columns) -%}
    {%- for column in columns -%}
        max(case when first_row_number = 1 then {{ column }} end) as {{ name }}_{{ column }}
        {{- ',\n        ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{#-
    The relation to that: its rows, numbered.

    Arguments: source (string), keys (list of columns), order_by (list of SQL expressions), as of
    first_row_source().
-#}
{% macro numbered_first_row_source(source, keys, order_by) -%}
    (
        select
            {{ source }}.*,
            row_number() over (
                partition by {{ keys | join(', ') }}
                order by {{ order_by | join(', ') }}
            ) as first_row_number
        from {{ source }}
    ) as numbered
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


{#-
    Whether a bit is set.

    Arguments: bits (SQL, integer, as of bits_or()); position (SQL, integer).
    Returns: SQL, boolean.
-#}
{% macro has_bit(bits, position) -%}
    {{ return(adapter.dispatch('has_bit', 'segment_experiments')(bits, position)) }}
{%- endmacro %}

{% macro default__has_bit(bits, position) %}
    {{ segment_experiments.unsupported_adapter('has_bit') }}
{% endmacro %}
