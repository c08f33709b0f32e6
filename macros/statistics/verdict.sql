{#-
    The verdict of a comparison in words, by these rules, the first that fits:

    - `do not trust`: a check of experiment_health failed (sample ratio mismatch, too many users seen
      in several variants, no control); the lift does not matter then;
    - `win`, `loss`: p_value < 1 - setting `confidence_level`, and the lift has the good or the bad
      direction for the metric;
    - `inconclusive`: no significant lift, although an effect of the metric's `minimum_effect` would
      have been found with the wanted power;
    - `not yet powered`: no significant lift, and the numbers could not have shown one of
      `minimum_effect` (or there is nothing to compute it from).

    Arguments (SQL, of a row): is_control, has_failed_check (booleans); p_value, lift,
    minimum_detectable_effect, minimum_effect (floats); direction (string, `increase` or `decrease`).
    Returns: SQL, string; null for the control.
-#}
{% macro verdict(
    is_control, p_value, lift, direction, minimum_detectable_effect, minimum_effect, has_failed_check
) -%}
    case
        when {{ is_control }} then null
        when {{ has_failed_check }} then 'do not trust'
        when {{ p_value }} < {{ 1 - segment_experiments.setting('confidence_level') }}
            then case
                when ({{ lift }} > 0) = ({{ direction }} = 'increase') then 'win'
                else 'loss'
            end
        when {{ minimum_detectable_effect }} <= {{ minimum_effect }} then 'inconclusive'
        else 'not yet powered'
    end
{%- endmacro %}
