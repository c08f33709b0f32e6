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


{#-
    Whether the registry has an optional column.

    Arguments: name (string), as of registry_relation(); column (string).
    Returns: boolean; false while dbt parses, and for an ephemeral model.
-#}
{% macro has_registry_column(name, column) %}
    {% set relation = segment_experiments.registry_relation(name) %}
    {% if not execute or load_relation(relation) is none %}
        {{ return(false) }}
    {% endif %}
    {% set names = adapter.get_columns_in_relation(relation) | map(attribute='name') | map('lower') %}
    {{ return(column in names | list) }}
{% endmacro %}
