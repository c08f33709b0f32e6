{#-
    Student's t distribution for any degrees of freedom >= 1, whole or not.

    The two macros that need an integral are written as common table expressions, because a value
    that is used at every node of the quadrature has to be a column: written out as an expression
    it would make the query a hundred times as long.
-#}

{#-
    Factor of the density, Gamma((v+1)/2) / (sqrt(v pi) Gamma(v/2)).

    Source: the ratio r(v) of the two gamma functions obeys r(v) = r(v + 2) v / (v + 1); after ten
    such steps its asymptotic series (F. G. Tricomi and A. Erdelyi, Pacific J. Math. 1 (1951))
    is exact to 1e-13.

    Arguments: df (SQL, float >= 1; a column).
    Returns: SQL, float.
-#}
{% macro student_t_factor(df) -%}
    sqrt(({{ df }} + 20.0) / (2.0 * {{ df }} * 3.141592653589793))
    {%- for step in range(10) %}
    * (({{ df }} + {{ 2 * step }}.0) / ({{ df }} + {{ 2 * step + 1 }}.0))
    {%- endfor %}
    * {{ segment_experiments.polynomial('(1.0 / (' ~ df ~ ' + 20.0))', [
        1, -0.25, 0.03125, 0.0390625, -0.01025390625, -0.0487060546875, 0.0132598876953125,
        0.150012969970703125
    ]) }}
{%- endmacro %}


{#-
    Density of Student's t at t.

    Arguments: t, df (SQL, floats; columns).
    Returns: SQL, float.
-#}
{% macro student_t_density(t, df) -%}
    {{ segment_experiments.student_t_factor(df) }} * exp(
        -({{ df }} + 1.0) / 2.0 * {{ segment_experiments.log_one_plus(t ~ ' * ' ~ t ~ ' / ' ~ df) }}
    )
{%- endmacro %}


{#-
    Two-sided p-value of a t statistic, right to 1e-10 of its value for df from 1 to 1e9 and
    |t| <= 40.

    Source: with y = (v/2) ln((v + u^2) / (v + t^2)) the tail integral becomes
    P(|T| > t) = 2 C (1 + t^2/v)^(-(v-1)/2) * integral over y > 0 of
    exp(-y) / sqrt(t^2 + v (1 - exp(-2y/v))), C the factor of the density; then y = s (t + s/2),
    as for the normal distribution, to which it tends, and the quadrature of quadrature_nodes().

    Arguments:
        source, target (strings): names of the relation read and of the one made.
        keys (list of strings): columns that identify a row of the source, not null.
        t, df (strings): columns of the source; t may be null or negative, df null or >= 1.
        p_value (string): name of the column added.
    Needs a relation named `quadrature` as of quadrature_cte(). Each step reads the one before once:
    BigQuery evaluates a common table expression as often as it is named.
    Returns: SQL of common table expressions, the last named as target, with all columns of the
    source (and helpers named after the target).
-#}
{% macro student_t_two_sided_p_ctes(source, target, keys, t, df, p_value) -%}
    {%- set top = segment_experiments.quadrature_exponent() -%}
{{ target }}_nodes as {{ segment_experiments.materialized() }}(

    select
        {{ source }}.*,
        quadrature.number as {{ target }}_number,
        quadrature.node as {{ target }}_x,
        quadrature.weight as {{ target }}_weight,
        {{ 2 * top }}.0 / (sqrt({{ t }} * {{ t }} + {{ 2 * top }}.0) + abs({{ t }})) as {{ target }}_s
    from {{ source }}
    cross join quadrature

),

{{ target }}_exponents as {{ segment_experiments.materialized() }}(

    select
        {{ target }}_nodes.*,
        abs({{ t }}) * {{ target }}_s * ({{ target }}_x - {{ target }}_x * {{ target }}_x)
        + {{ top }}.0 * {{ target }}_x * {{ target }}_x as {{ target }}_y
    from {{ target }}_nodes

),

{{ target }}_integrals as {{ segment_experiments.materialized() }}(

    select
        {{ target }}_exponents.*,
        sum(
            {{ target }}_weight * exp(-{{ target }}_y) * (abs({{ t }}) + {{ target }}_s * {{ target }}_x)
            / sqrt({{ t }} * {{ t }} + case
                when {{ df }} < 300.0
                    then {{ df }} * (1.0 - exp(-2.0 * {{ target }}_y / {{ df }}))
                else 2.0 * {{ target }}_y
                    * {{ segment_experiments.short_exponential_series(target ~ '_y', df) }}
            end)
        ) over (partition by {{ keys | join(', ') }}) as {{ target }}_integral
    from {{ target }}_exponents

),

{{ target }} as {{ segment_experiments.materialized() }}(

    select
        {{ target }}_integrals.*,
        2.0 * {{ segment_experiments.student_t_factor(df) }} * exp(
            -({{ df }} - 1.0) / 2.0
            * {{ segment_experiments.log_one_plus(t ~ ' * ' ~ t ~ ' / ' ~ df) }}
        ) * {{ target }}_s * {{ target }}_integral as {{ p_value }}
    from {{ target }}_integrals
    where {{ target }}_number = 1

)
{%- endmacro %}


{#-
    (1 - exp(-w)) / w for a small w = 2 y / v, where the plain formula loses digits: four terms of the
    series. With v >= 300 the next one, w^4 / 120, is below 1e-11 once weighted with exp(-y).

    Arguments: y, df (SQL, floats).
    Returns: SQL, float.
-#}
{% macro short_exponential_series(y, df) -%}
    (1.0 - {{ y }} / {{ df }} * (1.0 - {{ y }} / {{ df }} * (2.0 / 3.0)
        * (1.0 - {{ y }} / {{ df }} / 2.0 * (1.0 - {{ y }} / {{ df }} * 0.4))))
{%- endmacro %}


{#-
    Two-sided critical value of Student's t: the t that |T| exceeds with probability alpha. Right to
    1e-9 of its value for df >= 1 and alpha from 0.0001 to 0.5.

    Source: start by G. W. Hill, Algorithm 396: Student's t-quantiles, Communications of the ACM 13
    (1970); then three steps of Newton's method with the second-order term, t + d (1 + d (v + 1) t /
    (2 (v + t^2))), d = (p(t) - alpha) / (2 f(t)).

    Arguments:
        source, target (strings): names of the relation read and of the one made.
        keys (list of strings): columns that identify a row of the source, not null.
        df (string): column of the source, null or >= 1.
        alpha (number): the probability outside.
        critical_value (string): name of the column added.
    Needs a relation named `quadrature` as of quadrature_cte().
    Returns: SQL of common table expressions, the last named as target, with all columns of the
    source (and helpers).
-#}
{% macro student_t_critical_value_ctes(source, target, keys, df, alpha, critical_value) -%}
    {%- set half_pi = 1.5707963267948966 -%}
{{ target }}_hill_1 as {{ segment_experiments.materialized() }}(

    select
        {{ source }}.*,
        {{ segment_experiments.float_literal(segment_experiments.normal_quantile(1 - alpha / 2)) }}
            as hill_z,
        1.0 / ({{ df }} - 0.5) as hill_a,
        48.0 * ({{ df }} - 0.5) * ({{ df }} - 0.5) as hill_b
    from {{ source }}

),

{{ target }}_hill_2 as {{ segment_experiments.materialized() }}(

    select
        {{ target }}_hill_1.*,
        ((20700.0 * hill_a / hill_b - 98.0) * hill_a - 16.0) * hill_a + 96.36 as hill_c
    from {{ target }}_hill_1

),

{{ target }}_hill_3 as {{ segment_experiments.materialized() }}(

    select
        {{ target }}_hill_2.*,
        ((94.5 / (hill_b + hill_c) - 3.0) / hill_b + 1.0) * sqrt(hill_a * {{ half_pi }}) * {{ df }}
            as hill_d
    from {{ target }}_hill_2

),

{{ target }}_hill_4 as {{ segment_experiments.materialized() }}(

    select
        {{ target }}_hill_3.*,
        exp(2.0 / {{ df }} * ln(hill_d * {{ alpha }})) as hill_y,
        (((0.05 * hill_d * hill_z - 5.0) * hill_z - 7.0) * hill_z - 2.0) * hill_z + hill_b + hill_c
        + case when {{ df }} < 5.0 then 0.3 * ({{ df }} - 4.5) * (hill_z + 0.6) else 0.0 end
            as hill_e
    from {{ target }}_hill_3

),

{{ target }}_hill_5 as {{ segment_experiments.materialized() }}(

    select
        {{ target }}_hill_4.*,
        (
            (
                (((0.4 * hill_z * hill_z + 6.3) * hill_z * hill_z + 36.0) * hill_z * hill_z + 94.5)
                / hill_e - hill_z * hill_z - 3.0
            ) / hill_b + 1.0
        ) * hill_z as hill_x
    from {{ target }}_hill_4

),

{{ target }}_start as {{ segment_experiments.materialized() }}(

    select
        {{ target }}_hill_5.*,
        sqrt({{ df }} * case
            when hill_y > 0.05 + hill_a
                then case
                    when hill_a * hill_x * hill_x > 0.002 then exp(hill_a * hill_x * hill_x) - 1.0
                    else hill_a * hill_x * hill_x * (1.0 + hill_a * hill_x * hill_x / 2.0)
                end
            else
                (
                    (
                        1.0 / (
                            (({{ df }} + 6.0) / ({{ df }} * hill_y) - 0.089 * hill_d - 0.822)
                            * ({{ df }} + 2.0) * 3.0
                        ) + 0.5 / ({{ df }} + 4.0)
                    ) * hill_y - 1.0
                ) * ({{ df }} + 1.0) / ({{ df }} + 2.0) + 1.0 / hill_y
        end) as newton_t_0
    from {{ target }}_hill_5

),

{%- for step in [0, 1, 2] %}
{%- set from_step = target ~ '_start' if step == 0 else target ~ '_step_' ~ (step - 1) %}
{%- set t = 'newton_t_' ~ step %}

{{ segment_experiments.student_t_two_sided_p_ctes(
    from_step, target ~ '_p_' ~ step, keys, t, df, 'newton_p_' ~ step
) }},

{{ target }}_d_{{ step }} as {{ segment_experiments.materialized() }}(

    select
        {{ target }}_p_{{ step }}.*,
        (newton_p_{{ step }} - {{ alpha }})
        / (2.0 * {{ segment_experiments.student_t_density(t, df) }}) as newton_d_{{ step }}
    from {{ target }}_p_{{ step }}

),

{{ target if step == 2 else target ~ '_step_' ~ step }} as {{ segment_experiments.materialized() }}(

    select
        {{ target }}_d_{{ step }}.*,
        {{ t }} + newton_d_{{ step }} * (
            1.0 + newton_d_{{ step }} * ({{ df }} + 1.0) * {{ t }}
            / (2.0 * ({{ df }} + {{ t }} * {{ t }}))
        ) as {{ critical_value if step == 2 else 'newton_t_' ~ (step + 1) }}
    from {{ target }}_d_{{ step }}

){{ ',' if step < 2 }}
{%- endfor %}
{%- endmacro %}
