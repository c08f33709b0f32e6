{#-
    What int_exposure_audit counts.

    Returns: dict column -> SQL condition on its CTE `judged`.
-#}
{% macro exposure_findings() %}
    {% set findings = {} %}
    {% for name in [
        'ignored', 'no_id', 'no_experiment', 'no_variant', 'time_missing', 'time_in_the_future',
        'time_after_dispatch', 'time_before_experiment'
    ] %}
        {% do findings.update({name: "finding = '" ~ name ~ "'"}) %}
    {% endfor %}
    {% do findings.update({'arrived_late': 'is_late', 'clock_wrong': 'has_wrong_clock'}) %}
    {{ return(findings) }}
{% endmacro %}
