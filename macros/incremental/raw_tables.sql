{#-
    Every raw table that the models read, each once: exposure events, identifies, aliases, the
    tables of metrics, of activation and of activity.

    Returns: list of dicts as of raw_tables_of().
    Errors: a compilation error when an event and a model have the same name, by which their rows are
    told apart.
-#}
{% macro raw_tables() %}
    {% set tables = {} %}
    {% set read = [] %}
    {% for event in segment_experiments.exposure_events() %}
        {% do read.extend(event.raw_tables) %}
    {% endfor %}
    {% for name in ['identifies', 'aliases'] %}
        {% do read.extend(segment_experiments.raw_tables_of({'event': name})) %}
    {% endfor %}
    {% do read.extend(segment_experiments.measures_by_source() | map(attribute='source')) %}
    {% for raw_table in read + segment_experiments.activity_sources() %}
        {% set name = segment_experiments.raw_table_name(raw_table) %}
        {% if name in tables and tables[name].model != raw_table.model %}
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

    Arguments: raw_table (dict), as of raw_tables_of().
    Returns: string; that of a table of Segment begins with its source, unless it is of the first one.
-#}
{% macro raw_table_name(raw_table) %}
    {% if not raw_table.event %}
        {{ return(raw_table.model) }}
    {% endif %}
    {{ return(raw_table.source ~ '.' ~ raw_table.event if raw_table.get('source') else raw_table.event) }}
{% endmacro %}
