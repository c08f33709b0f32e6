{#-
    Whether an experiment id ends with a month (YYYY-MM) that is not the one of a time.

    Arguments: experiment_id (SQL, string); started_at (SQL, timestamp).
    Returns: SQL, boolean, never null; false for an id without a month and for an unknown time.
-#}
{% macro names_other_month(experiment_id, started_at) -%}
    coalesce(
        {{ segment_experiments.matches_pattern(experiment_id, '-20[0-9]{2}-[0-9]{2}$') }}
        and substr({{ experiment_id }}, length({{ experiment_id }}) - 6)
        <> substr(cast(cast({{ started_at }} as date) as {{ segment_experiments.type_text() }}), 1, 7),
        false
    )
{%- endmacro %}
