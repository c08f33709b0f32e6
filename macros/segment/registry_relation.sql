{#-
    The registry of experiments, of their variants, or of suppressed users: the seed of this project, or
    the model that the settings `experiments_model`, `experiment_variants_model` and
    `suppressed_users_model` name.

    Arguments: name (string), 'experiments', 'experiment_variants' or 'suppressed_users'.
    Returns: Relation.
-#}
{% macro registry_relation(name) %}
    {% set model = segment_experiments.setting(name ~ '_model') %}
    {{ return(ref(model) if model else ref('segment_experiments', name)) }}
{% endmacro %}
