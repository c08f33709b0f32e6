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

    Returns: list of dicts with phase (string), column and denominator (strings, the columns of its value
    and of a ratio's denominator), first_day and last_day (integers, both included; first_day null for
    phases by session, last_day null for the phase without an end), ordered.
-#}
{% macro phases() %}
    {% set phases = [] %}
    {% for phase, column, first_day, last_day in [
        ('first_session', 'first_session', none, none),
        ('later_sessions', 'later_sessions', none, none),
        ('0', 'day_0', 0, 0),
        ('1', 'day_1', 1, 1),
        ('2-6', 'days_2_to_6', 2, 6),
        ('7-13', 'days_7_to_13', 7, 13),
        ('14-27', 'days_14_to_27', 14, 27),
        ('28+', 'days_from_28', 28, none)
    ] %}
        {% do phases.append({
            'phase': phase, 'column': column, 'denominator': column ~ '_denominator',
            'first_day': first_day, 'last_day': last_day
        }) %}
    {% endfor %}
    {{ return(phases) }}
{% endmacro %}


{#-
    The phases and the trend, as they are added up over users. age_needed is the age, in full days, from which on a
    user has lived through the phase. The trend is no ratio.

    Returns: list of dicts with phase (string), columns (dict: quantity -> column or none), is_active (SQL,
    boolean) and age_needed (integer).
-#}
{% macro analysed_phases() %}
    {% set phases = [{
        'phase': 'trend', 'columns': {'value': 'trend', 'denominator': none},
        'is_active': 'trend <> 0', 'age_needed': segment_experiments.trend_of_phases().days
    }] %}
    {% for phase in segment_experiments.phases() %}
        {% do phases.append({
            'phase': phase.phase, 'columns': {'value': phase.column, 'denominator': phase.denominator},
            'is_active': phase.column ~ ' <> 0 or ' ~ phase.denominator ~ ' <> 0',
            'age_needed': -1 if phase.first_day is none
                else (phase.first_day if phase.last_day is none else phase.last_day) + 1
        }) %}
    {% endfor %}
    {{ return(phases) }}
{% endmacro %}


{#- The phases of analysed_phases() as rows. Returns: SQL of a query with phase and age_needed. -#}
{% macro phase_rows() -%}
    {%- for phase in segment_experiments.analysed_phases() %}

    select
        '{{ phase.phase }}' as phase,
        {{ phase.age_needed }} as age_needed
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}
{%- endmacro %}


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
