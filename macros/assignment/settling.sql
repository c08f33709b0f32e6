{#-
    When the numbers of an experiment are final: `settle_days` after its end and the longest wait of anything
    that is measured. See DECISIONLOG.md, "Settled experiments".
-#}

{#-
    The longest time after an assignment in which something of it is measured: windows of metrics and funnels,
    the days of retention and of ages, the look-back of attribution.

    Returns: number, seconds.
-#}
{% macro longest_wait() %}
    {% set waits = [segment_experiments.longest_windows().after] %}
    {% if segment_experiments.is_in_modules('funnels') %}
        {% do waits.append(segment_experiments.longest_funnel().seconds) %}
    {% endif %}
    {% if segment_experiments.is_in_modules(['retention', 'effect_by_age']) %}
        {% do waits.append((segment_experiments.last_retention_day() | int + 1) * 86400) %}
    {% endif %}
    {% if segment_experiments.is_in_modules('attribution') %}
        {% do waits.append(segment_experiments.attribution().lookback_days * 86400) %}
    {% endif %}
    {{ return(waits | max) }}
{% endmacro %}


{#-
    The longest time before the first assignment of an experiment of which events count: the look-back of
    covariates, and the time in which a user converts once (int_attribution_totals).

    Returns: number, seconds.
-#}
{% macro longest_look_back() %}
    {% set look_backs = [segment_experiments.longest_windows().before] %}
    {% if segment_experiments.is_in_modules('attribution') %}
        {% do look_backs.append(segment_experiments.settling_time() or 0) %}
    {% endif %}
    {{ return(look_backs | max) }}
{% endmacro %}


{#-
    The longest time between two experiments that share the credit for conversions, or decide which of them count.

    Returns: number, seconds.
-#}
{% macro longest_neighbourhood() %}
    {% if not segment_experiments.is_in_modules('attribution') %}
        {{ return(0) }}
    {% endif %}
    {{ return(
        segment_experiments.longest_look_back() + segment_experiments.attribution().lookback_days * 86400
    ) }}
{% endmacro %}


{#-
    Time from the end of an experiment until it is settled.

    Returns: number, seconds; none when experiments never settle.
-#}
{% macro settling_time() %}
    {% set days = segment_experiments.setting('settle_days') %}
    {{ return(none if days is none else segment_experiments.longest_wait() + days * 86400) }}
{% endmacro %}


{#-
    When an experiment settles: at the first midnight after all that. Until then all has arrived that was loaded on
    the days before, so a later run finds the same messages.

    Arguments: ended_at (SQL, timestamp); settling_time (number), settling_time().
    Returns: SQL, timestamp.
-#}
{% macro end_of_settling(ended_at, settling_time) -%}
    cast(cast({{ segment_experiments.add_seconds(ended_at, settling_time + 86399) }} as date) as {{ dbt.type_timestamp() }})
{%- endmacro %}


{#-
    When a message was received by Segment and loaded into the warehouse, by the day.

    Arguments: received_at (SQL, timestamp, null where not known); arrival_day (SQL, date).
    Returns: SQL, timestamp, never null.
-#}
{% macro available_at(received_at, arrival_day) -%}
    {%- set day = 'cast(' ~ arrival_day ~ ' as ' ~ dbt.type_timestamp() ~ ')' -%}
    greatest(coalesce({{ received_at }}, {{ day }}), {{ day }})
{%- endmacro %}


{#-
    Condition that a message counts for an experiment, in whichever kind of run: it was there before the experiment
    settled.

    Arguments: available_at (SQL, timestamp); times (string), alias of a relation with settled_at
    (int_experiment_times).
    Returns: SQL, boolean, never null.
-#}
{% macro is_in_time(available_at, times) -%}
    coalesce({{ available_at }} < {{ times }}.settled_at, true)
{%- endmacro %}
