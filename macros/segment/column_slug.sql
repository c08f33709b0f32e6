{#-
    Name of the warehouse column that Segment makes of a name: `homepage-hero` -> `homepage_hero`.
    The way back is not unique: `test-a`, `test.a` and `test_a` have one column.

    Source: github.com/segmentio/go-snakecase: runs of [A-Z0-9]+[a-z0-9]* or [a-z0-9]+, joined by _, in
    lower case.

    Arguments: name (SQL, string).
    Returns: SQL, string; '' for a name without any Latin letter or digit.
-#}
{% macro column_slug(name) -%}
    {{ return(adapter.dispatch('column_slug', 'segment_experiments')(name)) }}
{%- endmacro %}

{% macro default__column_slug(name) %}
    {{ segment_experiments.unsupported_adapter('column_slug') }}
{% endmacro %}

{% macro duckdb__column_slug(name) -%}
    lower(array_to_string(regexp_extract_all({{ name }}, '[A-Z0-9]+[a-z0-9]*|[a-z0-9]+'), '_'))
{%- endmacro %}

{% macro bigquery__column_slug(name) -%}
    lower(array_to_string(regexp_extract_all({{ name }}, r'[A-Z0-9]+[a-z0-9]*|[a-z0-9]+'), '_'))
{%- endmacro %}
