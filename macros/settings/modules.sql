{#-
    What can be built beside assignments, user metrics, results and health, which are always built.

    Returns: list of strings.
-#}
{% macro all_modules() %}
    {{ return([
        'daily', 'dimensions', 'effect_by_age', 'retention', 'funnels', 'interactions', 'marginal_effects',
        'attribution', 'audits'
    ]) }}
{% endmacro %}


{#-
    The setting `modules`, checked. Not called like it, which is a name of dbt.

    Returns: list of strings, of all_modules().
    Errors: a compilation error of one sentence for a module that there is not.
-#}
{% macro chosen_modules() %}
    {% set all_modules = segment_experiments.all_modules() %}
    {% set chosen = segment_experiments.setting('modules') %}
    {% if chosen == 'all' %}
        {{ return(all_modules) }}
    {% endif %}
    {% for name in segment_experiments.as_list(chosen) if name not in all_modules %}
        {{ segment_experiments.raise_setting_error(
            'modules', name, 'all, or a list of ' ~ all_modules | join(', ')
        ) }}
    {% endfor %}
    {{ return(segment_experiments.as_list(chosen)) }}
{% endmacro %}


{#-
    Whether a model is built, for its config().

    Arguments: names (string or list of strings), the modules that need the model.
    Returns: boolean, whether one of them is chosen.
-#}
{% macro is_in_modules(names) %}
    {{ return(
        segment_experiments.as_list(names) | select('in', segment_experiments.chosen_modules()) | list | length > 0
    ) }}
{% endmacro %}


{#-
    Whether an experiment is computed, by the setting `only_experiments`.

    Arguments: experiment_id (SQL, string).
    Returns: SQL, boolean; true where the setting names none.
-#}
{% macro is_chosen_experiment(experiment_id) -%}
    {%- set ids = segment_experiments.as_list(segment_experiments.setting('only_experiments')) | map('string') | list -%}
    {{ segment_experiments.is_one_of(experiment_id, ids) if ids else 'true' }}
{%- endmacro %}
