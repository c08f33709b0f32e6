{#-
    A bound of Wilson's score interval of a share, at the setting `confidence_level`.

    Source: E. B. Wilson, Probable Inference, J. Am. Stat. Assoc. 22 (1927).

    Arguments: sign (-1 for the lower bound, 1 for the upper one); share (SQL, float), users (SQL,
    integer).
    Returns: SQL, float from 0 to 1; null without users.
-#}
{% macro wilson_bound(sign, share, users) -%}
    {%- set alpha = 1 - segment_experiments.setting('confidence_level') -%}
    {%- set z = segment_experiments.normal_quantile(1 - alpha / 2) -%}
    case
        when {{ users }} > 0 then (
            {{ share }} + {{ z * z }} / (2.0 * {{ users }})
            {{ '-' if sign < 0 else '+' }} {{ z }} * sqrt(
                {{ share }} * (1.0 - {{ share }}) / {{ users }}
                + {{ z * z }} / (4.0 * {{ users }} * {{ users }})
            )
        ) / (1.0 + {{ z * z }} / {{ users }})
    end
{%- endmacro %}
