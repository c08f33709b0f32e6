{#-
    The columns of `identifies` that hold experiment traits now.

    Arguments: prefix (string), in lower case.
    Returns: list of [column name in lower case, SQL that reads it as text].
-#}
{% macro trait_columns(prefix) %}
    {% set columns = segment_experiments.raw_columns({'event': 'identifies'}) %}
    {% set traits = [] %}
    {% for name in columns if name[:prefix | length] == prefix and name != prefix %}
        {% do traits.append([name, segment_experiments.column_as_text(columns, name)]) %}
    {% endfor %}
    {{ return(traits) }}
{% endmacro %}
