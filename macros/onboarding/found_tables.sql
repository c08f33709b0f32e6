{#-
    The tables in Segment's schema.

    Returns: dict name in lower case -> {columns (as of raw_columns()), rows (integer), last_arrival
    (timestamp or null)}.
-#}
{% macro found_tables() %}
    {% set place = segment_experiments.raw_relation_name({'event': 'tracks'}) %}
    {% set tables = {} %}
    {# Segment's own views drop all but the last 60 days. #}
    {% for name in segment_experiments.tables_in_schema() if not (name | lower).endswith('_view') %}
        {% set relation = adapter.get_relation(
            database=place.database, schema=place.schema, identifier=name
        ) %}
        {% set columns = segment_experiments.raw_columns({'event': name | lower}) %}
        {% set counts = segment_experiments.counted_table(relation, columns) %}
        {% do tables.update({name | lower: dict(counts, columns=columns)}) %}
    {% endfor %}
    {{ return(tables) }}
{% endmacro %}


{#- The names of the tables in Segment's schema, in alphabetical order. Returns: list of strings. -#}
{% macro tables_in_schema() %}
    {% set place = segment_experiments.raw_relation_name({'event': 'tracks'}) %}
    {% set schema = api.Relation.create(database=place.database, schema=place.schema) %}
    {% set names = [] %}
    {# A list of relations on BigQuery, rows elsewhere. #}
    {% for found in dbt.list_relations_without_caching(schema.without_identifier()) %}
        {% do names.append(found.identifier if found.identifier is defined else found['name']) %}
    {% endfor %}
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
