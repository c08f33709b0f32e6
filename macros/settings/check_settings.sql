{#-
    Reads every setting, so that a mistake stops dbt while it parses, whichever models are selected.

    Errors: a compilation error of one sentence, of the first setting with a mistake.
-#}
{% macro check_settings() %}
    {% for name in segment_experiments.setting_rules() %}
        {% do segment_experiments.setting(name) %}
    {% endfor %}
    {#- The settings that are lists and mappings have rules of their own for what is in them. -#}
    {% do segment_experiments.exposure_events() %}
    {% do segment_experiments.assignment_dimensions() %}
    {% do segment_experiments.activity_sources() %}
    {% do segment_experiments.attribution() %}
    {% do segment_experiments.tracking_thresholds() %}
    {% do segment_experiments.exports() %}
    {#- Conditions are looked through here only: it takes long, and many models ask for the metrics. -#}
    {% for metric in segment_experiments.metrics() %}
        {% do segment_experiments.check_condition('metrics: ' ~ metric.name ~ ': where', metric.where) %}
    {% endfor %}
    {% for funnel in segment_experiments.funnels() %}
        {% for step in funnel.steps %}
            {% do segment_experiments.check_condition('funnels: ' ~ funnel.name ~ ': steps: where', step.where) %}
        {% endfor %}
    {% endfor %}
{% endmacro %}
