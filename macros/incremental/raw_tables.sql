{#-
    Every raw table that the models read, each once: exposure events, identifies, aliases, the
    tables of metrics, of activation and of activity.

    Returns: list of {event: Segment table} or {model: name of a model}.
    Errors: a compilation error when an event and a model have the same name, by which their rows are
    told apart.
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
        {% set name = segment_experiments.raw_table_name(raw_table) %}
        {% if name in tables and tables[name].get('model') != raw_table.get('model') %}
            {{ segment_experiments.raise_setting_error(
                'metrics', name, 'the name of an event or of a model, not of both: give the model another name'
            ) }}
        {% endif %}
        {% do tables.update({name: raw_table}) %}
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
