{#-
    Survival function of the chi-square distribution for whole degrees of freedom from 1 to 50,
    right to 1e-11 of its value.

    Source: Abramowitz and Stegun, 26.4.4 and 26.4.5: for even df a sum of (x/2)^k e^(-x/2) / k!,
    for odd df twice the normal tail at sqrt(x) and a sum of (x/2)^(k-1/2) e^(-x/2) / Gamma(k+1/2).
    All terms are positive, so no digits are lost.

    Arguments: x (SQL, float >= 0), df (SQL, integer); columns, they are repeated.
    Returns: SQL, float; null for df outside 1 to 50.
-#}
{% macro chi_square_survival(x, df) -%}
    {%- set even_terms = [] -%}
    {%- set gamma = namespace(value=1.0) -%}
    {%- for k in range(1, 25) -%}
        {%- set gamma.value = gamma.value * k -%}
        {%- do even_terms.append(
            'case when ' ~ df ~ ' > ' ~ 2 * k ~ ' then exp(' ~ k ~ '.0 * ln(' ~ x ~ ' / 2.0) - ' ~ x
            ~ ' / 2.0) / ' ~ gamma.value ~ ' else 0.0 end'
        ) -%}
    {%- endfor -%}
    {%- set odd_terms = [] -%}
    {%- set gamma.value = 1.7724538509055160273 -%}
    {%- for k in range(1, 25) -%}
        {%- set gamma.value = gamma.value * (k - 0.5) -%}
        {%- do odd_terms.append(
            'case when ' ~ df ~ ' > ' ~ 2 * k ~ ' then exp(' ~ (k - 0.5) ~ ' * ln(' ~ x ~ ' / 2.0) - '
            ~ x ~ ' / 2.0) / ' ~ gamma.value ~ ' else 0.0 end'
        ) -%}
    {%- endfor -%}
    case
        when {{ x }} is null or {{ df }} < 1 or {{ df }} > 50 then null
        when {{ x }} <= 0 then 1.0
        when mod({{ df }}, 2) = 0
            then exp(-{{ x }} / 2.0)
                + {{ even_terms | join('\n                + ') }}
        else
            2.0 * {{ segment_experiments.normal_survival('sqrt(' ~ x ~ ')') }}
            + {{ odd_terms | join('\n            + ') }}
    end
{%- endmacro %}
