{#-
    What int_exposure_audit counts.

    Returns: dict column -> SQL condition on its CTE `judged`.
-#}
{% macro exposure_findings() %}
    {% set findings = {} %}
    {% for name in [
        'ignored', 'no_id', 'no_experiment', 'no_variant', 'time_missing', 'time_is_a_day',
        'time_in_the_future', 'time_after_dispatch', 'time_before_experiment'
    ] %}
        {% do findings.update({name: "finding = '" ~ name ~ "'"}) %}
    {% endfor %}
    {% do findings.update({
        'arrived_late': 'is_late', 'clock_wrong': 'has_wrong_clock', 'redelivered': 'is_redelivered'
    }) %}
    {{ return(findings) }}
{% endmacro %}


{#-
    What int_metric_audit counts; see the checks `metric_<name>` of tracking_checks().

    Returns: dict name -> [SQL condition on a row of stg_segment__metric_events, SQL of an example].
-#}
{% macro metric_findings() %}
    {{ return({
        'value_unreadable': ["rejection_reason is null and unread_value <> ''", 'unread_value'],
        'value_missing': ["rejection_reason is null and unread_value = ''", 'message_id'],
        'time_is_a_day': ['rejection_reason is null and is_day', 'message_id'],
        'event_without_time': ["rejection_reason = 'no_time'", 'message_id'],
        'event_without_id': ["rejection_reason = 'no_id'", 'message_id'],
    }) }}
{% endmacro %}
