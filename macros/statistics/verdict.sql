{#-
    The verdict of a comparison in words, by these rules, the first that fits:

    - `do not trust`: a check of experiment_health failed (sample ratio mismatch, too many users seen
      in several variants, no control); the lift does not matter then;
    - `win`, `loss`: the p-value that decides is below 1 - setting `confidence_level`, and the lift has the
      good or the bad direction for the metric;
    - `inconclusive`: no significant lift, although an effect of the metric's `minimum_effect` would
      have been found with the wanted power; not said while the experiment may be looked at again;
    - `not yet powered`: no significant lift, and the numbers could not have shown one of
      `minimum_effect` (or there is nothing to compute it from).

    Arguments (SQL of a row): is_control (boolean); has_ended (boolean), whether the ordinary p-value
    decides, once; else the sequential one does, which may be looked at every day; p_value,
    sequential_p_value (floats); lift (float), the absolute one; direction (string);
    minimum_detectable_effect, minimum_effect (floats, relative); has_failed_check (boolean).
    Returns: SQL, string; null for the control.
-#}
{% macro verdict(
    is_control, has_ended, p_value, sequential_p_value, lift, direction, minimum_detectable_effect,
    minimum_effect, has_failed_check
) -%}
    case
        when {{ is_control }} then null
        when {{ has_failed_check }} then 'do not trust'
        when case when {{ has_ended }} then {{ p_value }} else {{ sequential_p_value }} end < {{ 1 - segment_experiments.setting('confidence_level') }}
            then case
                when ({{ lift }} > 0) = ({{ direction }} = 'increase') then 'win'
                else 'loss'
            end
        when {{ has_ended }} and {{ minimum_detectable_effect }} <= {{ minimum_effect }} then 'inconclusive'
        else 'not yet powered'
    end
{%- endmacro %}
