{#-
    Exposure tables whose variant is read from a column that Segment made a number.

    Returns: dict with tables (integer, the exposure tables that exist in some source), columns (list of
    'table.column', at most one per table: the first of the candidates that exist), names (list of the
    tables of columns, as of raw_table_name()) and example (SQL, string: one of them, or null).
-#}
{% macro numeric_variant_columns() %}
    {% set existing = segment_experiments.existing_exposure_tables() %}
    {% set found = [] %}
    {% set tables = [] %}
    {% for event in existing %}
        {% set names = [] %}
        {% for name in segment_experiments.variant_columns(event) if name | lower in event.columns %}
            {% do names.append(name | lower) %}
        {% endfor %}
        {% if names %}
            {% set column = event.columns[names[0]] %}
            {% if segment_experiments.is_number_column(column) %}
                {% do found.append(event.table ~ '.' ~ names[0]) %}
                {% do tables.append(event.name) %}
            {% endif %}
        {% endif %}
    {% endfor %}
    {% set example = "'" ~ found[0] ~ "'" if found else 'null' %}
    {{ return({
        'tables': existing | map(attribute='table') | unique | list | length,
        'columns': found | unique | list,
        'names': tables,
        'example': 'cast(' ~ example ~ ' as ' ~ segment_experiments.type_text() ~ ')',
    }) }}
{% endmacro %}
