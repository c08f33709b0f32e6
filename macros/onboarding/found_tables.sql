{#-
    The tables in the schemas of Segment.

    Returns: dict name in lower case -> {columns (as of raw_columns(), of all sources), rows (integer),
    last_arrival (timestamp or null), parts (list of {source (its name), raw_table, columns}, where it is)}.
-#}
{% macro found_tables() %}
    {% set tables = {} %}
    {% for source in segment_experiments.segment_sources() %}
        {# Segment's own views drop all but the last 60 days. #}
        {% for name in segment_experiments.tables_in_schema(source) if not (name | lower).endswith('_view') %}
            {% set relation = adapter.get_relation(
                database=source.database, schema=source.schema, identifier=name
            ) %}
            {% set raw_table = {'event': name | lower, 'model': none, 'source': source.key} %}
            {% set columns = segment_experiments.raw_columns(raw_table) %}
            {% set counts = segment_experiments.counted_table(relation, columns) %}
            {% set table = tables.setdefault(
                name | lower, {'columns': {}, 'rows': 0, 'last_arrival': none, 'parts': []}
            ) %}
            {% do table.columns.update(columns) %}
            {% do table.parts.append({'source': source.name, 'raw_table': raw_table, 'columns': columns}) %}
            {% do table.update({
                'rows': table.rows + counts.rows,
                'last_arrival': [table.last_arrival, counts.last_arrival] | reject('none') | list | max
                    if table.last_arrival is not none or counts.last_arrival is not none else none,
            }) %}
        {% endfor %}
    {% endfor %}
    {{ return(tables) }}
{% endmacro %}


{#-
    The names of the tables in a schema of Segment, in alphabetical order.

    Arguments: source (dict), of segment_sources().
    Returns: list of strings; empty when there is no such schema.
-#}
{% macro tables_in_schema(source) %}
    {% set names = [] %}
    {% if adapter.check_schema_exists(source.database, source.schema) %}
        {% set schema = api.Relation.create(database=source.database, schema=source.schema) %}
        {# A list of relations on BigQuery, rows elsewhere. #}
        {% for found in dbt.list_relations_without_caching(schema.without_identifier()) %}
            {% do names.append(found.identifier if found.identifier is defined else found['name']) %}
        {% endfor %}
    {% endif %}
    {{ return(names | sort) }}
{% endmacro %}


{#-
    Arguments: relation (Relation); columns (dict, as of raw_columns()).
    Returns: dict with rows (integer) and last_arrival (timestamp or null).
-#}
{% macro counted_table(relation, columns) %}
    {% set received_at = segment_experiments.first_column_as_timestamp(
        columns, segment_experiments.receipt_columns()
    ) %}
    {% set row = run_query(
        'select count(*) as row_count, max(' ~ received_at ~ ') as last_arrival from ' ~ relation
        ~ ' as raw_rows'
    ).rows[0] %}
    {{ return({'rows': row[0] | int, 'last_arrival': row[1]}) }}
{% endmacro %}
