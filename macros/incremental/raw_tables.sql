{#-
    Every raw table that the models read, each once: exposure events, identifies, aliases, the
    tables of metrics, of activation and of activity.

    Returns: list of {event: Segment table} or {model: name of a model}.
-#}
{% macro raw_tables() %}
    {% set tables = {} %}
    {% for event in segment_experiments.exposure_events() %}
        {% do tables.update({event.table: {'event': event.table}}) %}
    {% endfor %}
    {% for name in ['identifies', 'aliases'] %}
        {% do tables.update({name: {'event': name}}) %}
    {% endfor %}
    {% set others = segment_experiments.measures_by_source() | map(attribute='source') | list
        + segment_experiments.activity_sources() %}
    {% for raw_table in others %}
        {% do tables.update({segment_experiments.raw_table_name(raw_table): raw_table}) %}
    {% endfor %}
    {{ return(tables.values() | list) }}
{% endmacro %}


{#-
    Name under which a raw table is known in the column `event_table` and in int_arrivals.

    Arguments: raw_table (dict), {event: Segment table} or {model: name of a model}.
    Returns: string.
-#}
{% macro raw_table_name(raw_table) %}
    {{ return(raw_table.event if raw_table.event else raw_table.model) }}
{% endmacro %}
