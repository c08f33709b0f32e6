{#-
    Whether a text has a part that fits a regular expression.

    Arguments: text (SQL, string); pattern (string), in the syntax of RE2.
    Returns: SQL, boolean; null for a null.
-#}
{% macro matches_pattern(text, pattern) -%}
    {{ return(adapter.dispatch('matches_pattern', 'segment_experiments')(text, pattern)) }}
{%- endmacro %}

{% macro default__matches_pattern(text, pattern) %}
    {{ segment_experiments.unsupported_adapter('matches_pattern') }}
{% endmacro %}

{% macro duckdb__matches_pattern(text, pattern) -%}
    regexp_matches({{ text }}, '{{ pattern | replace("'", "''") }}')
{%- endmacro %}

{% macro bigquery__matches_pattern(text, pattern) -%}
    regexp_contains({{ text }}, r'''{{ pattern }}''')
{%- endmacro %}
