{#-
    ln(1 + x), exact also for tiny x, where ln(1 + x) loses all digits.

    Source: W. Kahan's formula x ln(u) / (u - 1) with u = 1 + x; N. J. Higham, Accuracy and
    Stability of Numerical Algorithms, 1.14.1.

    Arguments: x (SQL, float > -1).
    Returns: SQL, float.
-#}
{% macro log_one_plus(x) -%}
    case
        when 1.0 + ({{ x }}) = 1.0 then ({{ x }})
        else ({{ x }}) * ln(1.0 + ({{ x }})) / ((1.0 + ({{ x }})) - 1.0)
    end
{%- endmacro %}
