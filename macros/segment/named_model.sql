{#-
    A model that a setting names. It is looked for in the project that dbt runs: a package that finds it there
    without saying so is warned of.

    Arguments: name (string): of a model of that project, or `package.model`.
    Returns: Relation.
-#}
{% macro named_model(name) %}
    {% set parts = name.split('.') %}
    {{ return(ref(parts[0], parts[1]) if parts | length == 2 else ref(project_name, name)) }}
{% endmacro %}
