{#-
    Metrics with `mature_only` wait for the end of their window, and few waiting times are common. The
    level of an assignment is the number of these times that have passed since; a user takes part in a
    metric from its level on.
-#}

{#- The distinct waiting times of all metrics in ascending order. Returns: list of numbers, seconds. -#}
{% macro waiting_times() %}
    {% set times = [] %}
    {% for metric in segment_experiments.metrics() if metric.mature_only %}
        {% do times.append((metric.delay_days + metric.window_days) * 86400) %}
    {% endfor %}
    {{ return(times | unique | sort | list) }}
{% endmacro %}


{#-
    Number of waiting times that have passed since an assignment.

    Arguments: analysed_from, as_of (SQL, timestamps).
    Returns: SQL, integer.
-#}
{% macro waiting_level(analysed_from, as_of) -%}
    {%- set times = segment_experiments.waiting_times() -%}
    {%- if times -%}
    case
            {%- for seconds in times | reverse %}
            when {{ segment_experiments.is_mature(
                analysed_from, segment_experiments.float_literal(seconds), as_of
            ) }}
                then {{ loop.revindex }}
            {%- endfor %}
            else 0
        end
    {%- else -%}
    0
    {%- endif -%}
{%- endmacro %}


{#-
    Level from which users take part in a metric.

    Arguments: metric (dict), an entry of metrics().
    Returns: integer; 0 when nobody has to wait.
-#}
{% macro required_level(metric) -%}
    {%- set seconds = (metric.delay_days + metric.window_days) * 86400 -%}
    {{ segment_experiments.waiting_times().index(seconds) + 1 if metric.mature_only else 0 }}
{%- endmacro %}
