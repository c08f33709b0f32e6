{#-
    The place of a quantity in an order in which those that are equal but for their last digits,
    which differ from machine to machine, stand together: what else the order names decides then.

    Arguments: quantity (SQL, float, not negative; 0 counts as 1e-300).
    Returns: SQL, float: the logarithm to nine digits; null when the quantity is.
-#}
{% macro rounded_order(quantity) -%}
    floor(ln(case when {{ quantity }} < 1e-300 then 1e-300 else {{ quantity }} end) * 1e9 + 0.5)
{%- endmacro %}
