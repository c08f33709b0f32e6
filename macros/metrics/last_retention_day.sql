{#- The last day of the retention curve; day N is the N-th 24 hours after the assignment. -#}
{% macro last_retention_day() -%}
    28
{%- endmacro %}
