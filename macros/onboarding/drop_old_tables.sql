{#-
    Lists the tables of earlier versions that no model makes any more, and drops them when asked:

        dbt run-operation drop_old_tables
        dbt run-operation drop_old_tables --args '{drop: true}'

    Arguments: drop (boolean).
-#}
{% macro drop_old_tables(drop=false) %}
    {% set node = graph.nodes['model.segment_experiments.int_arrivals'] %}
    {% set found = [] %}
    {#- Where earlier versions had them, and where they are now. -#}
    {% for schema in [node.schema, target.schema ~ '_staging'] | unique if execute %}
        {% for name in segment_experiments.old_tables() %}
            {% set relation = adapter.get_relation(
                database=node.database, schema=schema, identifier=node.alias | replace('int_arrivals', name)
            ) %}
            {% if relation is not none %}
                {% do found.append(relation) %}
            {% endif %}
        {% endfor %}
    {% endfor %}
    {% for relation in found %}
        {% if drop %}
            {% do adapter.drop_relation(relation) %}
        {% endif %}
        {% do print(('Dropped ' if drop else 'Not used any more: ') ~ relation) %}
    {% endfor %}
    {#- An operation leaves its transaction open. -#}
    {% if drop %}
        {% do adapter.commit() %}
    {% endif %}
    {% if not found %}
        {% do print('There is no table of an earlier version.') %}
    {% elif not drop %}
        {% do print("Drop them with --args '{drop: true}'.") %}
    {% endif %}
{% endmacro %}


{#- The tables of earlier versions that no model makes any more. Returns: list of names. -#}
{% macro old_tables() %}
    {{ return([
        'int_changed_events', 'int_changed_experiments', 'int_changed_exposures', 'int_changed_identifiers',
        'int_changed_identities', 'int_changed_users', 'int_daily_estimates', 'int_daily_metric_sums',
        'int_daily_statistics', 'int_daily_users', 'int_dimension_estimates', 'int_dimension_metric_sums',
        'int_dimension_statistics', 'int_dimension_users', 'int_eligible_users', 'int_identifiers',
        'int_identity_links', 'int_phase_estimates', 'int_phase_metric_sums', 'int_phase_statistics',
        'int_phase_users', 'int_suppressed_users', 'int_user_attribution', 'int_user_metric_sums',
        'int_user_metrics'
    ]) }}
{% endmacro %}
