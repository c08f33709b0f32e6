{#-
    Reads every setting, so that a mistake stops dbt while it parses, whichever models are selected.

    Errors: a compilation error of one sentence, of the first setting with a mistake.
-#}
{% macro check_settings() %}
    {% do segment_experiments.check_names_of_settings() %}
    {% for name in segment_experiments.setting_rules() %}
        {% do segment_experiments.setting(name) %}
    {% endfor %}
    {#- The settings that are lists and mappings have rules of their own for what is in them. -#}
    {% do segment_experiments.exposure_events() %}
    {% do segment_experiments.assignment_dimensions() %}
    {% do segment_experiments.activity_sources() %}
    {% do segment_experiments.chosen_modules() %}
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


{#-
    Checks that a project sets no setting of another name: a slip of the pen would leave the default in
    place. Only what stands under `vars: segment_experiments:` is meant for this package; what is set
    on the command line, or for all packages, may be another's. dbt-core alone shows what is set, so under
    any other dbt nothing is checked.

    Errors: a compilation error of one sentence, of the first name that is no setting's.
-#}
{% macro check_names_of_settings() %}
    {% if var.packages_for_node is defined %}
        {% set names = segment_experiments.setting_rules().keys() | list %}
        {% for project in var.packages_for_node() %}
            {% for name in project.vars.to_dict().get('segment_experiments') or {} if name not in names %}
                {% set nearest = segment_experiments.nearest_name(name, names) %}
                {{ exceptions.raise_compiler_error(
                    "segment_experiments: there is no setting `" ~ name ~ "`"
                    ~ ("; the nearest is `" ~ nearest ~ "`" if nearest else '')
                    ~ "; correct it or take it out of `vars: segment_experiments:`."
                ) }}
            {% endfor %}
        {% endfor %}
    {% endif %}
{% endmacro %}
