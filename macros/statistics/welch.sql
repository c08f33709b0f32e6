{#-
    Formulas of the comparison of two means. Arguments are SQL expressions (best columns): users
    (n), mean (m) and variance (v, ddof = 1) of the treated and of the control arm.
-#}

{#- Squared standard error of the difference, vT/nT + vC/nC. -#}
{% macro welch_squared_error(variance, users, control_variance, control_users) -%}
    ({{ variance }} / {{ users }} + {{ control_variance }} / {{ control_users }})
{%- endmacro %}


{#-
    Degrees of freedom, SE^4 / (vT^2 / (nT^2 (nT - 1)) + vC^2 / (nC^2 (nC - 1))), written with the
    shares of the squared error so that tiny variances do not underflow.

    Source: B. L. Welch, Biometrika 34 (1947); F. E. Satterthwaite, Biometrics Bulletin 2 (1946).
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
    Variance per user of a ratio of two per-user totals, by the delta method:
    (vN - 2 R cov(N, D) + R^2 vD) / mD^2 with R = mN / mD.

    Source: A. Deng, U. Knoblich, J. Lu, Applying the Delta Method in Metric Analytics, KDD 2018.

    Arguments: ratio, variance, denominator_variance, covariance, denominator_mean (SQL, floats).
-#}
{% macro ratio_variance(ratio, variance, denominator_variance, covariance, denominator_mean) -%}
    ({{ variance }} - 2.0 * {{ ratio }} * {{ covariance }}
    + {{ ratio }} * {{ ratio }} * {{ denominator_variance }})
    / ({{ denominator_mean }} * {{ denominator_mean }})
{%- endmacro %}


{#-
    A bound of Fieller's interval of the relative lift (mT - mC) / mC: the roots of
    A r^2 - 2 B r + D = 0 for the ratio r of the means, minus 1, with B = mC mT and
    D = mT^2 - c^2 vT/nT. Null when A <= 0: the interval has no end then. B^2 - A D is written as
    c^2 (mC^2 vT/nT + mT^2 vC/nC - c^2 vT/nT vC/nC), which loses no digits.

    Source: E. C. Fieller, Some Problems in Interval Estimation, J. R. Stat. Soc. B 16 (1954).

    Arguments: sign (-1 for the lower bound, 1 for the upper one); critical_value, mean,
    squared_error (v/n), control_mean, control_squared_error (SQL, floats).
-#}
{% macro fieller_bound(
    sign, critical_value, mean, squared_error, control_mean, control_squared_error
) -%}
    {%- set a -%}
        ({{ control_mean }} * {{ control_mean }}
        - {{ critical_value }} * {{ critical_value }} * {{ control_squared_error }})
    {%- endset -%}
    case
        when {{ a }} > 0 then (
            {{ control_mean }} * {{ mean }} {{ '-' if sign < 0 else '+' }} {{ critical_value }} * sqrt(
                {{ segment_experiments.not_negative(
                    control_mean ~ ' * ' ~ control_mean ~ ' * ' ~ squared_error
                    ~ ' + ' ~ mean ~ ' * ' ~ mean ~ ' * ' ~ control_squared_error
                    ~ ' - ' ~ critical_value ~ ' * ' ~ critical_value
                    ~ ' * ' ~ squared_error ~ ' * ' ~ control_squared_error
                ) }}
            )
        ) / {{ a }} - 1.0
    end
{%- endmacro %}


{#- The expression, or 0 where rounding made it negative. -#}
{% macro not_negative(expression) -%}
    case when {{ expression }} > 0 then {{ expression }} else 0.0 end
{%- endmacro %}
