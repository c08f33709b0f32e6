{#-
    The columns of a table `identifies` that hold experiment traits now.

    Arguments: prefix (string), in lower case; columns (dict, as of raw_columns()).
    Returns: list of [column name in lower case, SQL that reads it as text].
-#}
{% macro trait_columns(prefix, columns) %}
    {% set traits = [] %}
    {% for name in columns if name[:prefix | length] == prefix and name != prefix %}
        {% do traits.append([name, segment_experiments.column_as_text(columns, name)]) %}
    {% endfor %}
    {{ return(traits) }}
{% endmacro %}


{#-
    The tables `identifies` of all sources that have traits of experiments.

    Arguments: prefix (string), of the trait columns, in lower case.
    Returns: list of dicts with name (string), traits (list, trait_columns()), object (dict, trait_object(), or
    none) and rows (SQL of a query, staging_rows() with these columns and trait_object).
-#}
{% macro trait_sources(prefix) %}
    {% set sources = [] %}
    {% for raw_table in segment_experiments.raw_tables_of({'event': 'identifies'}) %}
        {% set columns = segment_experiments.raw_columns(raw_table) %}
        {% set traits = segment_experiments.trait_columns(prefix, columns) %}
        {% set object = segment_experiments.trait_object(prefix, columns) %}
        {% set fields = [] %}
        {% for name, text in traits %}
            {% do fields.append([segment_experiments.quoted_name(name), text]) %}
        {% endfor %}
        {% if object %}
            {% do fields.append(['trait_object', object.text]) %}
        {% endif %}
        {% if fields %}
            {% do sources.append({
                'name': 'source_' ~ loop.index, 'traits': traits, 'object': object,
                'rows': segment_experiments.staging_rows(raw_table, fields=fields),
            }) %}
        {% endif %}
    {% endfor %}
    {{ return(sources) }}
{% endmacro %}
