{#-
    How a table is written and laid out.
-#}

{#- Strategy of dbt that only inserts; see by_arrival_day(). Returns: string. -#}
{% macro insert_strategy() %}
    {{ return(adapter.dispatch('insert_strategy', 'segment_experiments')()) }}
{% endmacro %}

{% macro default__insert_strategy() %}
    {{ segment_experiments.unsupported_adapter('insert_strategy') }}
{% endmacro %}


{#-
    Whether rows are added to a table without one in between. dbt widens columns of text by that one, where they
    have a width.

    Returns: boolean.
-#}
{% macro inserts_directly() %}
    {{ return(adapter.dispatch('inserts_directly', 'segment_experiments')()) }}
{% endmacro %}

{% macro default__inserts_directly() %}
    {{ return(false) }}
{% endmacro %}


{#-
    The statement that adds the rows of the calling model to its table.

    Arguments: columns (list of Column), of the table.
    Returns: SQL.
-#}
{% macro insert_of_rows(columns) %}
    {{ return(adapter.dispatch('insert_of_rows', 'segment_experiments')(columns)) }}
{% endmacro %}

{% macro default__insert_of_rows(columns) %}
    {% set names = [] %}
    {% for column in columns %}
        {% do names.append(adapter.quote(column.name)) %}
    {% endfor %}
    {{ return(
        'insert into ' ~ this ~ ' (' ~ names | join(', ') ~ ') select ' ~ names | join(', ') ~ ' from ('
        ~ sql ~ ') as new_rows'
    ) }}
{% endmacro %}


{#- Whether dbt runs no hook of a model outside of a transaction. Returns: boolean. -#}
{% macro runs_hooks_inside_only() %}
    {{ return(adapter.dispatch('runs_hooks_inside_only', 'segment_experiments')()) }}
{% endmacro %}

{% macro default__runs_hooks_inside_only() %}
    {{ return(false) }}
{% endmacro %}


{#-
    How a table lies in the warehouse.

    Arguments: partition_by (dict of dbt-bigquery, or none); cluster_by (list of column names or none).
    Returns: dict for config(); empty where tables have no such layout.
-#}
{% macro table_layout(partition_by, cluster_by) %}
    {{ return(adapter.dispatch('table_layout', 'segment_experiments')(partition_by, cluster_by)) }}
{% endmacro %}

{% macro default__table_layout(partition_by, cluster_by) %}
    {{ segment_experiments.unsupported_adapter('table_layout') }}
{% endmacro %}


{#-
    A relation with several columns turned into rows, those with a null left out, to select from.

    Arguments: source (string), a relation; value, name (strings), the columns made; columns (list of
    column names in lower case). `name` is the column's name, in whichever case the warehouse has it.
-#}
{% macro unpivoted(source, value, name, columns) -%}
    {{ return(adapter.dispatch('unpivoted', 'segment_experiments')(source, value, name, columns)) }}
{%- endmacro %}

{% macro default__unpivoted(source, value, name, columns) %}
    {{ segment_experiments.unsupported_adapter('unpivoted') }}
{% endmacro %}


{#-
    Relation for a FROM clause with a row for each entry of an object, null values left out.

    Arguments: source (string), a relation; text (string), its column with the object as JSON text; a text
    that is_flat_object() does not hold for has no rows.
    Returns: SQL, with the columns of the source, object_key and object_value (texts).
-#}
{% macro object_entries(source, text) -%}
    {{ return(adapter.dispatch('object_entries', 'segment_experiments')(source, text)) }}
{%- endmacro %}

{% macro default__object_entries(source, text) %}
    {{ segment_experiments.unsupported_adapter('object_entries') }}
{% endmacro %}


{#-
    Column list of a recursive common table expression, where the warehouse wants one.

    Arguments: columns (list of column names).
-#}
{% macro recursive_columns(columns) -%}
    {{ return(adapter.dispatch('recursive_columns', 'segment_experiments')(columns)) }}
{%- endmacro %}

{% macro default__recursive_columns(columns) %}
    {{ segment_experiments.unsupported_adapter('recursive_columns') }}
{% endmacro %}


{#-
    Names that Segment gives a table or column in this warehouse, most likely first.

    Arguments: name (string), in snake case.
    Returns: list of strings.
-#}
{% macro segment_names(name) %}
    {{ return(adapter.dispatch('segment_names', 'segment_experiments')(name)) }}
{% endmacro %}

{% macro default__segment_names(name) %}
    {{ segment_experiments.unsupported_adapter('segment_names') }}
{% endmacro %}


{#-
    Word after the `as` of a common table expression that has to be computed once, as it stands. It
    is for long chains of arithmetic: PostgreSQL writes each step into the next one, so that their
    length doubles from step to step.
-#}
{% macro materialized() -%}
    {{ return(adapter.dispatch('materialized', 'segment_experiments')()) }}
{%- endmacro %}

{% macro default__materialized() %}
    {{ segment_experiments.unsupported_adapter('materialized') }}
{% endmacro %}


{#-
    Word after the `as` of a common table expression that is read from several sides and may be worked
    out again for each: reading a large table twice costs less than a copy of it in memory, which DuckDB
    would make.
-#}
{% macro not_materialized() -%}
    {{ return(adapter.dispatch('not_materialized', 'segment_experiments')()) }}
{%- endmacro %}

{% macro default__not_materialized() %}
    {{ segment_experiments.unsupported_adapter('not_materialized') }}
{% endmacro %}
