{#-
    The verdict of a comparison in words, by these rules, the first that fits:

    - `do not trust`: a sample ratio mismatch (srm_p_value < setting `srm_alpha`), or more than the
      setting `max_crossover_share` of the experiment's users were seen in several variants;
    - `win`, `loss`: p_value < 1 - setting `confidence_level`, and the lift has the good or the bad
      direction for the metric;
    - `not yet powered`: no significant lift, and the numbers could not have shown the metric's
      `minimum_effect` (or there is nothing to compute it from);
    - `inconclusive`: no significant lift, although an effect of `minimum_effect` would have been
      found with the wanted power.

    Arguments: SQL expressions of a row. Returns: SQL, string; null for the control.
-#}
{% macro verdict(
    is_control, p_value, lift, direction, minimum_detectable_effect, minimum_effect, srm_p_value,
    crossover_users, all_users
) -%}
    case
        when {{ is_control }} then null
        when {{ srm_p_value }} < {{ segment_experiments.setting('srm_alpha') }} then 'do not trust'
        when
            {{ crossover_users }}
            > {{ segment_experiments.setting('max_crossover_share') }} * ({{ all_users }})
            then 'do not trust'
        when {{ p_value }} < {{ 1 - segment_experiments.setting('confidence_level') }}
            then case
                when ({{ lift }} > 0) = ({{ direction }} = 'increase') then 'win'
                else 'loss'
            end
        when {{ minimum_detectable_effect }} <= {{ minimum_effect }} then 'inconclusive'
        else 'not yet powered'
    end
{%- endmacro %}


{#-
    The smallest relative lift that a two-sided test finds with the setting `power`: d standard errors
    with power = 1 - Phi(z - d) + Phi(-z - d), without the last term, which is the chance of finding
    the effect with the wrong sign (1e-6 at the default settings): d = z(1 - alpha/2) + z(power).

    Arguments: standard_error (SQL, float), of the absolute lift; control_mean (SQL, float, not 0).
    Returns: SQL, float.
-#}
{% macro detectable_effect(standard_error, control_mean) -%}
    {%- set alpha = 1 - segment_experiments.setting('confidence_level') -%}
    {%- set standard_errors = segment_experiments.normal_quantile(1 - alpha / 2)
        + segment_experiments.normal_quantile(segment_experiments.setting('power')) -%}
    {{ standard_errors }} * {{ standard_error }} / abs({{ control_mean }})
{%- endmacro %}
