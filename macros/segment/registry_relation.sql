{#-
    The registry of experiments or of their variants: the seed of this project, or the model that
    the settings `experiments_model` and `experiment_variants_model` name.

    Arguments: name (string), 'experiments' or 'experiment_variants'.
    Returns: Relation.
-#}
{% macro registry_relation(name) %}
    {% set model = segment_experiments.setting(name ~ '_model') %}
    {{ return(ref(model) if model else ref('segment_experiments', name)) }}
{% endmacro %}
