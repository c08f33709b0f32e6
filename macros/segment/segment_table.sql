{#- Whether the demo seeds are read instead of Segment's schema (setting `demo_data`). -#}
{% macro is_demo() %}
    {% set demo_data = segment_experiments.setting('demo_data') %}
    {{ return(target.type == 'duckdb' if demo_data is none else demo_data) }}
{% endmacro %}


{#- Schema of the demo seeds. -#}
{% macro demo_schema() %}
    {{ return('segment_demo') }}
{% endmacro %}


{#-
    Tables that are nodes of the dbt graph: the demo seeds (seeds/segment_demo) and the sources of
    models/staging/_segment__sources.yml. Any other table of the setting is read by its name.
-#}
{% macro tables_in_graph() %}
    {{ return({
        'demo': [
            'ab_test_assigned', 'aliases', 'experiment_viewed', 'feature_used', 'identifies',
            'order_completed', 'pages', 'signed_up', 'tracks', 'users'
        ],
        'segment': [
            'ab_test_assigned', 'aliases', 'experiment_viewed', 'identifies', 'pages', 'screens',
            'tracks', 'users'
        ],
    }) }}
{% endmacro %}


{#-
    Where a raw table lies, whether it exists or not.

    Arguments: raw_table (dict), as of raw_tables_of(); without a source it is that of the first one.
    Returns: Relation.
-#}
{% macro raw_relation_name(raw_table) %}
    {% if raw_table.model %}
        {{ return(segment_experiments.named_model(raw_table.model)) }}
    {% endif %}
    {% set source = segment_experiments.source_of(raw_table) %}
    {% set relations = [] %}
    {% for name in segment_experiments.segment_names(raw_table.event) %}
        {% do relations.append(api.Relation.create(
            database=source.database, schema=source.schema, identifier=name
        )) %}
    {% endfor %}
    {% for relation in relations[1:] if execute %}
        {% if load_relation(relations[0]) is none and load_relation(relation) is not none %}
            {{ return(relation) }}
        {% endif %}
    {% endfor %}
    {{ return(relations[0]) }}
{% endmacro %}


{#-
    A raw table to read from; it makes the model depend on the seed or source, where there is one.

    Arguments: raw_table (dict), as of raw_tables_of().
    Returns: Relation.
-#}
{% macro raw_relation(raw_table) %}
    {% if raw_table.model %}
        {{ return(segment_experiments.named_model(raw_table.model)) }}
    {% elif segment_experiments.is_demo()
        and raw_table.event in segment_experiments.tables_in_graph().demo
        and segment_experiments.may_refer_to('segment_demo__' ~ raw_table.event) %}
        {{ return(ref('segment_experiments', 'segment_demo__' ~ raw_table.event)) }}
    {% elif not segment_experiments.is_demo() and not raw_table.get('source')
        and raw_table.event in segment_experiments.tables_in_graph().segment %}
        {{ return(source('segment_experiments', raw_table.event)) }}
    {% endif %}
    {{ return(segment_experiments.raw_relation_name(raw_table)) }}
{% endmacro %}


{#-
    Whether the model that is compiled may refer to a seed: dbt has to know it when it parses, and an
    activation event is only known later. int_arrivals comes after all demo seeds.

    Arguments: seed (string).
    Returns: boolean.
-#}
{% macro may_refer_to(seed) %}
    {{ return(
        not execute or model is not defined or model.resource_type == 'unit_test'
        or ('seed.segment_experiments.' ~ seed) in (model.depends_on or {}).get('nodes', [])
    ) }}
{% endmacro %}


{#-
    Columns of a raw table as the warehouse has them now. Segment makes a table, and a column, on
    the first event that needs it, so both are looked up at each run and nothing has to be
    configured when they appear.

    Arguments: raw_table (dict), as of raw_tables_of().
    Returns: dict column name in lower case, as Segment says it elsewhere (segment_names()) -> Column; empty
    when the table does not exist, and while dbt parses.
-#}
{% macro raw_columns(raw_table) %}
    {% set columns = {} %}
    {% if execute %}
        {% set wanted = segment_experiments.raw_relation_name(raw_table) %}
        {% set relation = adapter.get_relation(
            database=wanted.database, schema=wanted.schema, identifier=wanted.identifier
        ) %}
        {% if relation is not none %}
            {% for column in adapter.get_columns_in_relation(relation) %}
                {% do columns.update({column.name | lower: column}) %}
            {% endfor %}
            {% for name in columns.keys() | list if name[:1] == '_' %}
                {% if name[1:] not in columns and name in segment_experiments.segment_names(name[1:]) %}
                    {% do columns.update({name[1:]: columns.pop(name)}) %}
                {% endif %}
            {% endfor %}
        {% endif %}
    {% endif %}
    {{ return(columns) }}
{% endmacro %}
