{#-
    The window of a metric: events count when assigned_at + delay <= time < assigned_at + delay +
    window.
-#}

{#-
    Whether an event lies in the window.

    Arguments: event_at, assigned_at (SQL, timestamps); delay_seconds, window_seconds (SQL, numbers).
    Returns: SQL, boolean.
-#}
{% macro is_in_window(event_at, assigned_at, delay_seconds, window_seconds) -%}
    (
        {{ event_at }} >= {{ segment_experiments.add_seconds(assigned_at, delay_seconds) }}
        and {{ event_at }} < {{ segment_experiments.add_seconds(
            assigned_at, delay_seconds ~ ' + ' ~ window_seconds
        ) }}
    )
{%- endmacro %}


{#-
    Whether an event lies in the look-back before the assignment that CUPED uses.

    Arguments: event_at, assigned_at (SQL, timestamps); covariate_seconds (SQL, number).
    Returns: SQL, boolean.
-#}
{% macro is_before_assignment(event_at, assigned_at, covariate_seconds) -%}
    (
        {{ event_at }} < {{ assigned_at }}
        and {{ event_at }} >= {{ segment_experiments.add_seconds(
            assigned_at, '-(' ~ covariate_seconds ~ ')'
        ) }}
    )
{%- endmacro %}


{#-
    Whether the window has fully passed: no event of the user can still be added.

    Arguments: assigned_at, as_of (SQL, timestamps); maturity_seconds (SQL, number), delay + window.
    Returns: SQL, boolean.
-#}
{% macro is_mature(assigned_at, maturity_seconds, as_of) -%}
    {{ segment_experiments.add_seconds(assigned_at, maturity_seconds) }} <= {{ as_of }}
{%- endmacro %}
