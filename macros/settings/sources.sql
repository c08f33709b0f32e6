{#-
    The setting `segment_sources`, checked; without it the schemas of `segment_schema`, each a source of its
    own name. The tables of the first source are known by their plain names, so that a single source costs
    nothing more, and one that is added later only brings new rows.

    Returns: list of {name, schema, database (strings), key (string; null for the first source), by which the
    others are told apart}. While the demo is read, its schema is the only source.
    Errors: a compilation error of one sentence for the first mistake found.
-#}
{% macro segment_sources() %}
    {% set own_database = segment_experiments.setting('segment_database') or target.database %}
    {% if segment_experiments.is_demo() %}
        {% set name = segment_experiments.demo_schema() %}
        {{ return([{'name': name, 'schema': name, 'database': own_database, 'key': none}]) }}
    {% endif %}
    {% set entries = segment_experiments.setting('segment_sources') %}
    {% set is_short = entries | length == 0 %}
    {% if is_short %}
        {% set entries = [] %}
        {% for schema in segment_experiments.as_list(segment_experiments.setting('segment_schema')) %}
            {% do entries.append({'name': schema}) %}
        {% endfor %}
    {% endif %}
    {% set keys = ['name', 'schema', 'database'] %}
    {% set sources = [] %}
    {% for entry in entries %}
        {% if not (is_short and loop.first) and (
            entry is not mapping or not segment_experiments.is_all_of(entry.get('name'), '^[A-Za-z0-9_-]+$')
        ) %}
            {{ segment_experiments.raise_setting_error(
                'segment_schema' if is_short else 'segment_sources', entry.name if is_short else entry,
                'a list of names of letters, digits, _ and -; segment_sources gives others a name' if is_short
                else 'a list of objects, each with a `name` of letters, digits, _ and -'
            ) }}
        {% endif %}
        {% set where_it_is = 'segment_sources: ' ~ entry['name'] %}
        {% for key in entry %}
            {% if key not in keys %}
                {{ segment_experiments.raise_setting_error(
                    where_it_is, key, 'one of the keys ' ~ keys | join(', ')
                ) }}
            {% elif not segment_experiments.is_relation_name(entry[key]) %}
                {{ segment_experiments.raise_setting_error(
                    where_it_is ~ ': ' ~ key, entry[key], 'a text without quotation marks'
                ) }}
            {% endif %}
        {% endfor %}
        {% set source = {
            'name': entry['name'],
            'schema': entry.get('schema', entry['name']),
            'database': entry.get('database', own_database),
            'key': entry['name'] if sources else none,
        } %}
        {% for other in sources %}
            {% if other.name | lower == source.name | lower %}
                {{ segment_experiments.raise_setting_error(where_it_is, 'there twice', 'a name of its own') }}
            {% elif other.schema | lower == source.schema | lower
                and other.database | lower == source.database | lower %}
                {{ segment_experiments.raise_setting_error(
                    where_it_is ~ ': schema', source.schema,
                    'another one than that of the source ' ~ other.name ~ ', whose rows would count twice'
                ) }}
            {% endif %}
        {% endfor %}
        {% do sources.append(source) %}
    {% endfor %}
    {{ return(sources) }}
{% endmacro %}


{#-
    The source of a raw table.

    Arguments: raw_table (dict), as of raw_tables_of().
    Returns: dict, of segment_sources().
-#}
{% macro source_of(raw_table) %}
    {% set sources = segment_experiments.segment_sources() %}
    {{ return(sources | selectattr('key', 'equalto', raw_table.get('source')) | first or sources[0]) }}
{% endmacro %}


{#-
    The raw tables that an entry of the settings names: a table of Segment in each source, or in the one that
    the entry's key `source` names; a model as it is.

    Arguments: entry (dict), with event or model, and source where there is one.
    Returns: list of {event: Segment table, model: null, source: key of the source} or {event: null, model}.
-#}
{% macro raw_tables_of(entry) %}
    {% if entry.get('model') %}
        {{ return([{'event': none, 'model': entry.model}]) }}
    {% endif %}
    {% set tables = [] %}
    {% for source in segment_experiments.segment_sources()
        if entry.get('source') is none or segment_experiments.is_demo() or entry.source == source.name %}
        {% do tables.append({'event': entry.event, 'model': none, 'source': source.key}) %}
    {% endfor %}
    {{ return(tables) }}
{% endmacro %}


{#-
    The columns of a table of Segment in all sources together.

    Arguments: event (string), the table.
    Returns: dict as of raw_columns().
-#}
{% macro columns_of_all_sources(event) %}
    {% set columns = {} %}
    {% for raw_table in segment_experiments.raw_tables_of({'event': event}) %}
        {% do columns.update(segment_experiments.raw_columns(raw_table)) %}
    {% endfor %}
    {{ return(columns) }}
{% endmacro %}


{#-
    Checks the key `source` of an entry of exposure_events, metrics, funnels or activity.

    Arguments: name (string), of the entry, as it is told; source (any), as it was set; null is right.
    Errors: a compilation error of one sentence when there is no such source.
-#}
{% macro check_source(name, source) %}
    {% if source is not none and not segment_experiments.is_demo() %}
        {% set names = segment_experiments.segment_sources() | map(attribute='name') | list %}
        {% if source not in names %}
            {{ segment_experiments.raise_setting_error(
                name ~ ': source', source, 'one of the sources ' ~ names | join(', ')
            ) }}
        {% endif %}
    {% endif %}
{% endmacro %}


{#-
    The name of a table without its source.

    Arguments: event_table (SQL, string), as of raw_table_name().
    Returns: SQL, string.
-#}
{% macro plain_table_name(event_table) -%}
    {%- if segment_experiments.segment_sources() | length == 1 -%}
        {{ event_table }}
    {%- else -%}
        substr({{ event_table }}, {{ dbt.position("'.'", event_table) }} + 1)
    {%- endif -%}
{%- endmacro %}
