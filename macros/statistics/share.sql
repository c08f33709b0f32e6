{#-
    Variance (ddof = 1) of users of whom a share has the value 1 and the others 0.

    Arguments: share (SQL, float); users (SQL, integer).
    Returns: SQL, float; null for less than two users.
-#}
{% macro share_variance(share, users) -%}
    case when {{ users }} > 1 then {{ share }} * (1.0 - {{ share }}) * {{ users }} / ({{ users }} - 1) end
{%- endmacro %}
