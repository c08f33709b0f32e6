{#-
    The window of a metric: events count when analysed_from + delay <= time < analysed_from + delay +
    window.
-#}

{#-
    Whether an event lies in the window.

    Arguments: event_at, analysed_from (SQL, timestamps); delay_seconds, window_seconds (SQL, numbers).
    Returns: SQL, boolean.
-#}
{% macro is_in_window(event_at, analysed_from, delay_seconds, window_seconds) -%}
    (
        {{ event_at }} >= {{ segment_experiments.add_seconds(analysed_from, delay_seconds) }}
        and {{ event_at }} < {{ segment_experiments.add_seconds(
            analysed_from, delay_seconds ~ ' + ' ~ window_seconds
        ) }}
    )
{%- endmacro %}


{#-
    The same for an event of which the time since the assignment is known.

    Arguments: age (SQL, integer, microseconds from the assignment to the event); delay_seconds,
    window_seconds (SQL, numbers).
    Returns: SQL, boolean.
-#}
{% macro is_age_in_window(age, delay_seconds, window_seconds) -%}
    (
        {{ age }} >= {{ segment_experiments.whole_microseconds(delay_seconds) }}
        and {{ age }} < {{ segment_experiments.whole_microseconds(
            delay_seconds ~ ' + ' ~ window_seconds
        ) }}
    )
{%- endmacro %}


{#-
    Whether an event lies in the look-back before the assignment that CUPED uses.

    Arguments: age (SQL, integer, microseconds from the assignment to the event); covariate_seconds
    (SQL, number).
    Returns: SQL, boolean.
-#}
{% macro is_age_before_assignment(age, covariate_seconds) -%}
    (
        {{ age }} < 0
        and {{ age }} >= -{{ segment_experiments.whole_microseconds(covariate_seconds) }}
    )
{%- endmacro %}


{#-
    How far from the assignment an event can be and still matter to a metric.

    Returns: dict with before and after (numbers, seconds).
-#}
{% macro longest_windows() %}
    {% set span = namespace(before=0, after=0) %}
    {% for metric in segment_experiments.metrics() %}
        {% set span.before = [span.before, metric.covariate_days * 86400] | max %}
        {% set span.after = [span.after, (metric.delay_days + metric.window_days) * 86400] | max %}
    {% endfor %}
    {{ return({'before': span.before, 'after': span.after}) }}
{% endmacro %}


{#-
    Whether the window has fully passed: no event of the user can still be added.

    Arguments: analysed_from, as_of (SQL, timestamps); maturity_seconds (SQL, number), delay + window.
    Returns: SQL, boolean.
-#}
{% macro is_mature(analysed_from, maturity_seconds, as_of) -%}
    {{ segment_experiments.add_seconds(analysed_from, maturity_seconds) }} <= {{ as_of }}
{%- endmacro %}
