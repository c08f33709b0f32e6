{#-
    A query with one row per whole number of a range, column `number`.

    Arguments: first, last (integers), both included.
-#}
{% macro integers(first, last) -%}
    {%- for number in range(first, last + 1) -%}
        {%- if not loop.first %}
    union all
        {%- endif %}
    select {{ number }} as number
    {%- endfor %}
{%- endmacro %}
