{#-
    Tests and intervals that stay right however often one looks: an asymptotic confidence sequence
    with a normal mixture. With k = n rho^2, n the users of both arms and t = d / SE:

        half-width = c SE,  c = sqrt(2 (k + 1) ln(sqrt(k + 1) / alpha) / k)
        p = min(1, sqrt(k + 1) exp(-k t^2 / (2 (k + 1))))

    p < alpha exactly when the interval excludes 0. The interval of the relative lift is Fieller's with
    this c: the ratios r for which 0 is in the interval of mT - r mC. It excludes 0 exactly when that of
    the difference does.

    Source: I. Waudby-Smith, D. Arbour, R. Sinha, E. H. Kennedy, A. Ramdas, Time-uniform central limit
    theory and asymptotic confidence sequences, arXiv:2103.06476 (2021), theorem 2.2 and, for rho,
    appendix B.2: the interval is tightest at n = N*, the setting `sequential_tuning_users`.
-#}

{#-
    rho^2 = (-2 ln(alpha) + ln(1 - 2 ln(alpha))) / N*.

    Returns: number.
-#}
{% macro sequential_mixture() %}
    {% set alpha = 1 - segment_experiments.setting('confidence_level') %}
    {% set a = -2 * segment_experiments.natural_logarithm(alpha) %}
    {{ return(
        (a - segment_experiments.natural_logarithm(1 / (1 + a)))
        / segment_experiments.setting('sequential_tuning_users')
    ) }}
{% endmacro %}


{#-
    By how many standard errors the interval reaches to each side.

    Arguments: users (SQL, number), of both arms.
    Returns: SQL, float.
-#}
{% macro sequential_critical_value(users) -%}
    {%- set rho_squared = segment_experiments.float_literal(segment_experiments.sequential_mixture()) -%}
    {%- set k = '(' ~ rho_squared ~ ' * (' ~ users ~ '))' -%}
    sqrt(
            2.0 * ({{ k }} + 1.0) / {{ k }}
            * ln(sqrt({{ k }} + 1.0) / {{ 1 - segment_experiments.setting('confidence_level') }})
        )
{%- endmacro %}


{#-
    The p-value.

    Arguments: t_statistic (SQL, float); users (SQL, number), of both arms.
    Returns: SQL, float from 0 to 1.
-#}
{% macro sequential_p_value(t_statistic, users) -%}
    {%- set rho_squared = segment_experiments.float_literal(segment_experiments.sequential_mixture()) -%}
    {%- set k = '(' ~ rho_squared ~ ' * (' ~ users ~ '))' -%}
    {%- set p -%}
        sqrt({{ k }} + 1.0)
            * exp(-{{ k }} / (2.0 * ({{ k }} + 1.0)) * {{ t_statistic }} * {{ t_statistic }})
    {%- endset -%}
    case when {{ p }} > 1 then 1.0 else {{ p }} end
{%- endmacro %}
