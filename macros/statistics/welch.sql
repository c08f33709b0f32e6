{#-
    Formulas of the comparison of two means. Arguments are SQL expressions (best columns): users
    (n), mean (m) and variance (v, ddof = 1) of the treated and of the control arm.
-#}

{#-
    Squared standard error of the difference, vT/nT + vC/nC.

    Arguments (SQL, numbers): variance, users, control_variance, control_users.
-#}
{% macro welch_squared_error(variance, users, control_variance, control_users) -%}
    ({{ variance }} / {{ users }} + {{ control_variance }} / {{ control_users }})
{%- endmacro %}


{#-
    Degrees of freedom, SE^4 / (vT^2 / (nT^2 (nT - 1)) + vC^2 / (nC^2 (nC - 1))), written with the
    shares of the squared error so that tiny variances do not underflow.

    Source: B. L. Welch, Biometrika 34 (1947); F. E. Satterthwaite, Biometrics Bulletin 2 (1946).

    Arguments (SQL, numbers): squared_error, of the difference; variance, users, control_variance,
    control_users.
-#}
{% macro welch_degrees_of_freedom(squared_error, variance, users, control_variance, control_users) -%}
    1.0 / (
        ({{ variance }} / {{ users }} / {{ squared_error }})
        * ({{ variance }} / {{ users }} / {{ squared_error }}) / ({{ users }} - 1)
        + ({{ control_variance }} / {{ control_users }} / {{ squared_error }})
        * ({{ control_variance }} / {{ control_users }} / {{ squared_error }}) / ({{ control_users }} - 1)
    )
{%- endmacro %}


{#-
    Covariance, summed over the users, of two ratios of per-user totals, by the delta method: that of
    the linearised ratios (N - R D) / mD, R = mN / mD. With the same ratio twice it is the variance,
    (vN - 2 R cov(N, D) + R^2 vD) / mD^2; with the denominator 1 it is that of a mean.

    Source: A. Deng, U. Knoblich, J. Lu, Applying the Delta Method in Metric Analytics, KDD 2018.

    Arguments:
        prefix (string): of the columns of an arm, as of sufficient_statistics_ctes(); also the
            ratios, <prefix>value_ratio and <prefix>covariate_ratio.
        one, other (lists): of a numerator and a denominator among metric_quantities().
    Returns: SQL, float; divided by the users less one it is the sample covariance.
-#}
{% macro ratio_comoment(prefix, one, other) -%}
    {%- set all = segment_experiments.metric_quantities() -%}
    {%- set terms = [] -%}
    {%- set sizes = [] -%}
    {%- for left in one -%}
        {%- for right in other -%}
            {%- set pair = [left, right] if all.index(left) <= all.index(right) else [right, left] -%}
            {%- set factors = [prefix ~ 'comoment_' ~ pair | join('_')] -%}
            {%- if left == one[1] -%}{%- do factors.append(prefix ~ one[0] ~ '_ratio') -%}{%- endif -%}
            {%- if right == other[1] -%}{%- do factors.append(prefix ~ other[0] ~ '_ratio') -%}{%- endif -%}
            {%- set sign = '-' if (left == one[1]) != (right == other[1]) else '+' -%}
            {%- do terms.append(sign ~ ' ' ~ factors | join(' * ')) -%}
            {%- do sizes.append('abs(' ~ factors | join(' * ') ~ ')') -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- set sum = terms | join(' ') -%}
    {%- set divisor -%}
        ({{ segment_experiments.divisor(prefix ~ one[1] ~ '_mean') }}
            * {{ segment_experiments.divisor(prefix ~ other[1] ~ '_mean') }})
    {%- endset -%}
    {%- if one == other -%}
        {{ segment_experiments.without_rounding(
            sum, terms[0][2:] ~ ' ' ~ terms[3]
        ) }} / {{ divisor }}
    {%- else -%}
        -- Where one of the two does not vary, the terms cancel.
        {{ segment_experiments.unless_rounding(
            '(' ~ sum ~ ')', '1e-12 * (' ~ sizes | join(' + ') ~ ')'
        ) }} / {{ divisor }}
    {%- endif -%}
{%- endmacro %}


{#-
    A bound of Fieller's interval of the relative lift (mT - mC) / |mC|. The ratio r = mT / mC has the
    roots of A r^2 - 2 B r + D = 0 for bounds, with A = mC^2 - c^2 vC/nC, B = mC mT and
    D = mT^2 - c^2 vT/nT; the lift is (r - 1) times the sign of mC. Null when A <= 0: the interval has no
    end then. B^2 - A D is written as c^2 (A vT/nT + mT^2 vC/nC), which is never negative and loses no
    digits.

    Source: E. C. Fieller, Some Problems in Interval Estimation, J. R. Stat. Soc. B 16 (1954).

    Arguments: sign (-1 for the lower bound, 1 for the upper one); critical_value, mean,
    squared_error (v/n), control_mean, control_squared_error (SQL, floats).
    Returns: SQL, float.
-#}
{% macro fieller_bound(
    sign, critical_value, mean, squared_error, control_mean, control_squared_error
) -%}
    {%- set a -%}
        ({{ control_mean }} * {{ control_mean }}
        - {{ critical_value }} * {{ critical_value }} * {{ control_squared_error }})
    {%- endset -%}
    case
        when {{ a }} > 0 and {{ segment_experiments.divisor(control_mean) }} is not null then (
            abs({{ control_mean }}) * {{ mean }} {{ '-' if sign < 0 else '+' }} {{ critical_value }} * sqrt(
                {{ squared_error }} * {{ a }} + {{ mean }} * {{ mean }} * {{ control_squared_error }}
            )
        ) / {{ a }} - {{ control_mean }} / abs({{ control_mean }})
    end
{%- endmacro %}


{#-
    A number to divide by: null when it is 0, or so near to it (1e-30) that no metric can mean it and
    the squares of quotients leave the range of floats, which is an error on BigQuery.

    Argument: expression (SQL, float).
-#}
{% macro divisor(expression) -%}
    (case when abs({{ expression }}) >= 1e-30 then {{ expression }} end)
{%- endmacro %}
