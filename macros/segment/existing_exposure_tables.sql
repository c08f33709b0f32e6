{#-
    The exposure tables of the setting that exist now, in whichever source.

    Returns: list of dicts as of exposure_events(), with raw_table, name (raw_table_name()), relation (to read
    from) and columns (as of raw_columns()) added.
-#}
{% macro existing_exposure_tables() %}
    {% set existing = [] %}
    {% for event in segment_experiments.exposure_events() %}
        {% for raw_table in event.raw_tables %}
            {% set relation = segment_experiments.raw_relation(raw_table) %}
            {% set columns = segment_experiments.raw_columns(raw_table) %}
            {% if columns | length > 0 %}
                {% do existing.append(dict(
                    event,
                    raw_table=raw_table,
                    name=segment_experiments.raw_table_name(raw_table),
                    relation=relation,
                    columns=columns
                )) %}
            {% endif %}
        {% endfor %}
    {% endfor %}
    {{ return(existing) }}
{% endmacro %}
