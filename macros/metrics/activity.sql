{#-
    Whether anything that is built asks for activity (setting `activity`).

    Returns: boolean.
-#}
{% macro reads_activity() %}
    {{ return(
        segment_experiments.is_in_modules(['effect_by_age', 'retention'])
        or segment_experiments.retention_metrics() | length > 0
    ) }}
{% endmacro %}


{#- The metrics of type `retention`. Returns: list of dicts, as of metrics(). -#}
{% macro retention_metrics() %}
    {{ return(segment_experiments.metrics() | selectattr('type', 'equalto', 'retention') | list) }}
{% endmacro %}


{#-
    Whether a metric asks for activity within less than a day. Within a day and more, the first and the last
    message of each day tell whether there was any.

    Returns: boolean.
-#}
{% macro has_short_retention() %}
    {% set short = [] %}
    {% for metric in segment_experiments.retention_metrics()
        if metric.window_days < 1 or (metric.covariate_days > 0 and metric.covariate_days < 1) %}
        {% do short.append(metric.name) %}
    {% endfor %}
    {{ return(short | length > 0) }}
{% endmacro %}


{#-
    What the metrics count: the events of users and, for metrics of type `retention`, the begins and ends of their
    activity.

    Returns: SQL of a query with user_hash, measure, value, event_at, available_at.
-#}
{% macro counted_events() -%}
    {{ segment_experiments.shared_rows('events') }}
    where shared.measure in (select metrics.measure from {{ ref('segment_experiments', 'int_metrics') }} as metrics)
    {%- for metric in segment_experiments.retention_metrics()[:1] %}
    {%- for column, condition in [('first_at', 'true'), ('last_at', 'shared.last_at > shared.first_at')] %}

    union all

    select
        spans.user_hash,
        '{{ metric.measure }}' as measure,
        {{ segment_experiments.float_literal(1) }} as value,
        spans.{{ column }} as event_at,
        spans.available_at
    from (
        {{ segment_experiments.shared_rows('spans') }}
        where {{ condition }}
    ) as spans
    {%- endfor %}
    {%- endfor %}
{%- endmacro %}
