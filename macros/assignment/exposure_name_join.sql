{#-
    Join condition from what a message says of its experiment and variant to its one row of int_exposure_names.

    Arguments: messages, names (strings), the aliases of the two relations.
    Returns: SQL, boolean.
-#}
{% macro exposure_name_join(messages, names) -%}
    {%- for column in segment_experiments.sent_columns() -%}
    {{ 'and ' if not loop.first -}}
    coalesce({{ messages }}.{{ column }}, '') = coalesce({{ names }}.{{ column }}, '')
    {% endfor -%}
{%- endmacro %}
