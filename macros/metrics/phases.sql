{#-
    When a session is over: 30 minutes after its last activity.

    Arguments: active_at (SQL, timestamp).
    Returns: SQL, timestamp.
-#}
{% macro end_of_session(active_at) -%}
    {{ segment_experiments.add_seconds(active_at, 1800) }}
{%- endmacro %}


{#-
    The phases after the assignment in which effects are compared. Days are 24 hours since the
    assignment.

    Returns: list of dicts with phase (string), column (string, its name as a column), first_day and
    last_day (integers, both included; first_day null for phases by session, last_day null for the phase
    without an end), ordered.
-#}
{% macro phases() %}
    {{ return([
        {'phase': 'first_session', 'column': 'first_session', 'first_day': none, 'last_day': none},
        {'phase': 'later_sessions', 'column': 'later_sessions', 'first_day': none, 'last_day': none},
        {'phase': '0', 'column': 'day_0', 'first_day': 0, 'last_day': 0},
        {'phase': '1', 'column': 'day_1', 'first_day': 1, 'last_day': 1},
        {'phase': '2-6', 'column': 'days_2_to_6', 'first_day': 2, 'last_day': 6},
        {'phase': '7-13', 'column': 'days_7_to_13', 'first_day': 7, 'last_day': 13},
        {'phase': '14-27', 'column': 'days_14_to_27', 'first_day': 14, 'last_day': 27},
        {'phase': '28+', 'column': 'days_from_28', 'first_day': 28, 'last_day': none}
    ]) }}
{% endmacro %}


{#-
    Coefficients by which the values of a user in the phases of the first 14 days add up to their
    trend: the slope of the value per day over the days, each day in the middle of its phase. With
    phases of n days around the middle x, and X the mean of x over all days:

        slope = sum of (x - X) value / sum of n (x - X)^2

    The trend of an effect is the difference of the mean slopes of two variants. One number per user,
    so that it does not matter how the days of a user depend on each other.

    Source: J. N. S. Matthews, D. G. Altman, M. J. Campbell, P. Royston, Analysis of serial
    measurements in medical research, BMJ 300 (1990): a slope as the summary of a subject.

    Returns: dict with coefficients (dict phase -> number) and days (integer, how many are in it).
-#}
{% macro trend_of_phases() %}
    {% set parts = [] %}
    {% set sums = namespace(days=0, moments=0, squares=0) %}
    {% for phase in segment_experiments.phases()
        if phase.first_day is not none and phase.last_day is not none and phase.last_day < 14 %}
        {% set days = phase.last_day - phase.first_day + 1 %}
        {% set middle = (phase.first_day + phase.last_day + 1) / 2 %}
        {% do parts.append([phase.phase, days, middle]) %}
        {% set sums.days = sums.days + days %}
        {% set sums.moments = sums.moments + days * middle %}
    {% endfor %}
    {% for phase, days, middle in parts %}
        {% set deviation = middle - sums.moments / sums.days %}
        {% set sums.squares = sums.squares + days * deviation * deviation %}
    {% endfor %}
    {% set coefficients = {} %}
    {% for phase, days, middle in parts %}
        {% do coefficients.update({phase: (middle - sums.moments / sums.days) / sums.squares}) %}
    {% endfor %}
    {{ return({'coefficients': coefficients, 'days': sums.days}) }}
{% endmacro %}
