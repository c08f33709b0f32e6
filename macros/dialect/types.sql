{#-
    Words that differ between warehouses. Each is dispatched; a warehouse without its own version
    stops the compilation (unsupported_adapter), it never falls through to SQL made for another.
    What dbt itself dispatches (dbt.type_timestamp(), ...) is used as it is.
-#}

{#-
    Stops with one sentence on a warehouse that a macro has no version for.

    Argument: macro_name (string), without a prefix.
    Errors: always, a compilation error.
-#}
{% macro unsupported_adapter(macro_name) %}
    {{ exceptions.raise_compiler_error(
        "segment_experiments runs on bigquery, duckdb, postgres, redshift and snowflake; `" ~ macro_name
        ~ "` has no version for the adapter `" ~ target.type ~ "`."
    ) }}
{% endmacro %}


{#-
    Casts, or gives null where the value cannot be cast. Text becomes a timestamp in UTC: an offset in it
    is heeded, and text without one is UTC whatever the time zone of the session.

    Arguments: expression (SQL); type (SQL type name of this warehouse).
-#}
{% macro try_cast(expression, type) -%}
    {{ return(adapter.dispatch('try_cast', 'segment_experiments')(expression, type)) }}
{%- endmacro %}

{% macro default__try_cast(expression, type) %}
    {{ segment_experiments.unsupported_adapter('try_cast') }}
{% endmacro %}


{#- The type of texts: dbt's, but on Redshift, where dbt's is cut at 256 characters. -#}
{% macro type_text() -%}
    {{ return(adapter.dispatch('type_text', 'segment_experiments')()) }}
{%- endmacro %}

{% macro default__type_text() %}
    {{ return(dbt.type_string()) }}
{% endmacro %}


{#- The 64-bit float type; dbt.type_float() is 32 bits wide on DuckDB. -#}
{% macro type_double() -%}
    {{ return(adapter.dispatch('type_double', 'segment_experiments')()) }}
{%- endmacro %}

{% macro default__type_double() %}
    {{ segment_experiments.unsupported_adapter('type_double') }}
{% endmacro %}


{#-
    A 64-bit float literal.

    Arguments: value (number).
-#}
{% macro float_literal(value) -%}
    cast({{ value }} as {{ segment_experiments.type_double() }})
{%- endmacro %}


{#-
    The name of a column's type, the same whenever it is asked for: dbt 2 has several for one.

    Arguments: column (Column). Returns: string.
-#}
{% macro type_name(column) -%}
    {{ return(adapter.dispatch('type_name', 'segment_experiments')(column)) }}
{%- endmacro %}

{% macro default__type_name(column) %}
    {{ return(column.dtype) }}
{% endmacro %}


{#-
    A timestamp with a time zone as a plain one in UTC.

    Arguments: expression (SQL, timestamp with time zone).
    Returns: SQL, timestamp.
-#}
{% macro as_utc(expression) -%}
    {{ return(adapter.dispatch('as_utc', 'segment_experiments')(expression)) }}
{%- endmacro %}

{% macro default__as_utc(expression) %}
    {{ segment_experiments.unsupported_adapter('as_utc') }}
{% endmacro %}
