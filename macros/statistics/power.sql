{#-
    Power of a two-sided test for an effect of d standard errors:
    1 - Phi(z - d) + Phi(-z - d), z the quantile at 1 - alpha/2.

    Source: D. C. Montgomery, G. C. Runger, Applied Statistics and Probability for Engineers, 9-2.2;
    statsmodels' NormalIndPower and tea-tasting compute the same.
-#}

{#-
    The d at which the test has the wanted power, by Newton's method from z + z(power), which
    leaves out the last term, the chance to find the effect with the wrong sign.

    Arguments: confidence_level, power (numbers).
    Returns: number.
-#}
{% macro detectable_standard_errors(confidence_level, power) -%}
    {%- set alpha = 1 - confidence_level -%}
    {%- set z = segment_experiments.normal_quantile(1 - alpha / 2) -%}
    {%- set state = namespace(d=z + segment_experiments.normal_quantile(power)) -%}
    {%- if state.d < 0.01 -%}
        {%- set state.d = 0.01 -%}
    {%- endif -%}
    {%- for _ in range(8) -%}
        {%- set excess = segment_experiments.normal_survival_number(z - state.d)
            + segment_experiments.normal_survival_number(z + state.d) - power -%}
        {%- set slope = segment_experiments.normal_density_number(z - state.d)
            - segment_experiments.normal_density_number(z + state.d) -%}
        {%- set state.d = state.d - excess / slope -%}
    {%- endfor -%}
    {{ return(state.d) }}
{%- endmacro %}


{#-
    The smallest relative lift that is found with the setting `power` at the present numbers.

    Arguments: standard_error (SQL, float), of the absolute lift; control_mean (SQL, float, not 0).
    Returns: SQL, float.
-#}
{% macro detectable_effect(standard_error, control_mean) -%}
    {{ segment_experiments.detectable_standard_errors(
        segment_experiments.setting('confidence_level'), segment_experiments.setting('power')
    ) }} * {{ standard_error }} / abs({{ control_mean }})
{%- endmacro %}


{#-
    Users per arm with which a relative lift would be found with the setting `power`, both arms of
    one size: d^2 (vT + vC) / (lift mC)^2, not yet rounded up.

    Arguments (SQL, floats): lift, the relative one; variance, control_variance; control_mean (not 0).
    Returns: SQL, float.
-#}
{% macro users_to_detect(lift, variance, control_variance, control_mean) -%}
    {%- set d = segment_experiments.detectable_standard_errors(
        segment_experiments.setting('confidence_level'), segment_experiments.setting('power')
    ) -%}
    {{ d * d }} * ({{ variance }} + {{ control_variance }})
        / ({{ lift }} * {{ control_mean }}) / ({{ lift }} * {{ control_mean }})
{%- endmacro %}


{#-
    Users of both arms with which a relative lift would be found with the setting `power`, the arms in the ratio
    of today: n (mde / lift)^2, rounded up, because the standard error falls with the root of the users. With
    shares rT and rC of the users it is d^2 (vT/rT + vC/rC) / (lift mC)^2; for arms of one size, twice
    users_to_detect().

    Arguments (SQL): lift (float), the relative one; detectable (float), detectable_effect() of the present
    numbers; users (integer), of both arms.
    Returns: SQL, integer; null where nothing can be detected, and beyond 1e15, which is no number of users.
-#}
{% macro both_users_to_detect(lift, detectable, users) -%}
    {%- set needed = users ~ ' * (' ~ detectable ~ ' / ' ~ lift ~ ') * (' ~ detectable ~ ' / ' ~ lift ~ ')' -%}
    case when {{ needed }} < 1e15 then cast(ceil({{ needed }}) as {{ dbt.type_bigint() }}) end
{%- endmacro %}
