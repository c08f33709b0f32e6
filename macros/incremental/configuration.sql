{#-
    Configuration of an incremental staging model: it keeps the rows of raw tables by the day they
    arrived, and replaces whole days.

    Arguments: cluster_by (list of column names), for BigQuery.
    Returns: dict for config().
-#}
{% macro by_arrival_day(cluster_by) %}
    {{ return(dict(
        segment_experiments.table_layout({'field': 'arrival_day', 'data_type': 'date'}, cluster_by),
        materialized='incremental',
        incremental_strategy=segment_experiments.insert_strategy(),
        on_schema_change='sync_all_columns',
        pre_hook=segment_experiments.hooks('segment_experiments.forget_pending_days()')
    )) }}
{% endmacro %}


{#-
    Configuration of an incremental model whose rows belong to users: those of the users in
    int_changed_users are replaced.

    Arguments: partition_by (column of type timestamp, or none), cluster_by (list of column names),
    for BigQuery.
    Returns: dict for config().
-#}
{% macro by_user(partition_by=none, cluster_by=none) %}
    {{ return(dict(
        segment_experiments.table_layout(
            {'field': partition_by, 'data_type': 'timestamp', 'granularity': 'day'}
            if partition_by else none,
            cluster_by
        ),
        materialized='incremental',
        incremental_strategy=segment_experiments.insert_strategy(),
        on_schema_change='sync_all_columns',
        pre_hook=segment_experiments.hooks(
            "segment_experiments.forget_changed('int_changed_users', ['user_key'])"
        )
    )) }}
{% endmacro %}


{#-
    Configuration of an incremental model whose rows belong to experiments: those of the experiments in
    int_changed_experiments are replaced.

    Returns: dict for config().
-#}
{% macro by_experiment() %}
    {{ return(dict(
        segment_experiments.by_user(cluster_by=['experiment_id']),
        pre_hook=segment_experiments.hooks(
            "segment_experiments.forget_changed('int_changed_experiments', ['experiment_id'])"
        )
    )) }}
{% endmacro %}


{#-
    Configuration of an incremental model with a row per identifier: those of the identifiers in
    int_changed_identifiers are replaced.

    Returns: dict for config().
-#}
{% macro by_identifier() %}
    {{ return(dict(
        segment_experiments.by_user(cluster_by=['identifier']),
        on_schema_change='append_new_columns',
        pre_hook=segment_experiments.hooks(
            "segment_experiments.forget_changed('int_changed_identifiers', ['identifier', 'identifier_type'])"
        )
    )) }}
{% endmacro %}


{#-
    Configuration of an incremental model with a key, whose rows are never taken away.

    Arguments: unique_key (list of column names, never null); cluster_by (list), for BigQuery.
    Returns: dict for config().
-#}
{% macro by_key(unique_key, cluster_by) %}
    {{ return(dict(
        segment_experiments.table_layout(none, cluster_by),
        materialized='incremental',
        incremental_strategy=segment_experiments.replace_strategy(),
        on_schema_change='sync_all_columns',
        unique_key=unique_key,
        pre_hook=segment_experiments.hooks('segment_experiments.forget_if_rebuilt()')
    )) }}
{% endmacro %}


{#-
    The pre-hooks of an incremental model.

    Arguments: forget (string), the call of the macro that takes away what is computed again.
    Returns: list of Jinja strings.
-#}
{% macro hooks(forget) %}
    {{ return([
        '{{ segment_experiments.mark_other_settings() }}',
        '{{ ' ~ forget ~ ' }}',
    ]) }}
{% endmacro %}
