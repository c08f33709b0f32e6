{#-
    Condition that two experiments ran beside each other: neither had settled when the other began.

    Arguments: one, other (strings), aliases of relations with first_analysed_from and settled_at.
    Returns: SQL, boolean.
-#}
{% macro is_beside(one, other) -%}
    coalesce({{ one }}.first_analysed_from <= {{ other }}.settled_at, true)
            and coalesce({{ other }}.first_analysed_from <= {{ one }}.settled_at, true)
{%- endmacro %}
