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
    The longest time before an assignment, or before a conversion, of which anything counts.

    Returns: number, seconds.
-#}
{% macro longest_look_back() %}
    {% set look_backs = [segment_experiments.longest_windows().before] %}
    {% if segment_experiments.is_in_modules('attribution') %}
        {% do look_backs.append(segment_experiments.attribution().lookback_days * 86400) %}
    {% endif %}
    {{ return(look_backs | max) }}
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
    Condition that a message counts for an experiment: it was received before the experiment was settled, in
    whichever kind of run.

    Arguments: received_at (SQL, timestamp, null where not known); times (string), alias of a relation with
    settled_at (int_experiment_times).
    Returns: SQL, boolean, never null.
-#}
{% macro is_in_time(received_at, times) -%}
    coalesce({{ received_at }} <= {{ times }}.settled_at, true)
{%- endmacro %}
