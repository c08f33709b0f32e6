{#-
    Configuration of an incremental staging model: it keeps the rows of raw tables by the day they
    arrived, and replaces whole days.

    Arguments: cluster_by (list of column names), for BigQuery; has_starts (boolean), whether its rows depend on
    the starts of experiments in the registry.
    Returns: dict for config().
-#}
{% macro by_arrival_day(cluster_by, has_starts=false) %}
    {{ return(dict(
        segment_experiments.table_layout({'field': 'arrival_day', 'data_type': 'date'}, cluster_by),
        materialized='incremental_if_changed',
        incremental_strategy=segment_experiments.insert_strategy(),
        on_schema_change='sync_all_columns',
        pre_hook=segment_experiments.hooks(
            'segment_experiments.forget_pending_days(has_starts=' ~ has_starts | lower ~ ')'
        )
    )) }}
{% endmacro %}


{#-
    Configuration of an incremental model whose rows belong to experiments: those of the experiments that a
    run computes are replaced.

    Arguments: columns (list of strings), those with an experiment id; cluster_by (list of column names), for
    BigQuery; is_shared (boolean), whether an experiment can change the rows of others, so that those of all that
    have not settled are replaced; time (string or none), the column with the time of the assignment, or with a later
    one, by which a large table is partitioned: what settled long ago is read no more.
    Returns: dict for config().
-#}
{% macro by_experiment(columns=['experiment_id'], cluster_by=['experiment_id'], is_shared=false, time=none) %}
    {% set partition_by = none if time is none else {'field': time, 'data_type': 'timestamp', 'granularity': 'day'} %}
    {{ return(dict(
        segment_experiments.table_layout(partition_by, cluster_by),
        materialized='incremental_if_changed',
        incremental_strategy=segment_experiments.insert_strategy(),
        on_schema_change='sync_all_columns',
        pre_hook=segment_experiments.hooks(
            'segment_experiments.forget_computed(' ~ tojson(columns) ~ ", '"
            ~ ('open' if is_shared else 'computed') ~ "', " ~ ('none' if time is none else "'" ~ time ~ "'") ~ ')'
        ) + [
            {'sql': '{{ segment_experiments.forget_notes_in_part() }}',
                'transaction': segment_experiments.runs_hooks_inside_only()}
        ]
    )) }}
{% endmacro %}


{#-
    Configuration of the incremental model of identifiers: of each, what all messages of a source of identifiers say.

    Returns: dict for config().
-#}
{% macro by_identifier() %}
    {{ return(dict(
        segment_experiments.table_layout(none, ['anonymous_id']),
        materialized='incremental_if_changed',
        incremental_strategy=segment_experiments.insert_strategy(),
        on_schema_change='sync_all_columns',
        pre_hook=segment_experiments.hooks('segment_experiments.forget_renewed_origins()')
    )) }}
{% endmacro %}


{#-
    The pre-hooks of an incremental model.

    Arguments: forget (string), the call of the macro that takes away what is computed again.
    Returns: list of dicts, as of dbt's pre_hook.
-#}
{% macro hooks(forget) %}
    {#- dbt 2 wants all hooks of a model in one form. -#}
    {{ return([
        {'sql': '{{ segment_experiments.mark_other_settings() }}', 'transaction': true},
        {'sql': '{{ ' ~ forget ~ ' }}', 'transaction': true},
    ]) }}
{% endmacro %}
