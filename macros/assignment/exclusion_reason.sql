{#-
    Why a user is not analysed, the first that fits (DECISIONLOG.md, "One user, several variants").

    Arguments: SQL expressions of a row: variants_seen (integer), has_registered_variants,
    is_registered_variant and is_stray (boolean), assigned_at, started_at, ended_at (timestamps, null where not
    known), activation_event (string, null where there is none), activated_at (timestamp, null for who
    did not reach it).
    Returns: SQL, string; null for a user who is analysed.
-#}
{% macro exclusion_reason(
    variants_seen, has_registered_variants, is_registered_variant, is_stray, assigned_at, started_at, ended_at,
    activation_event, activated_at
) -%}
    case
        {%- if segment_experiments.chosen(
            'multiple_variant_policy', {'exclude': true, 'first': false, 'last': false}
        ) %}
        when {{ variants_seen }} > 1 then 'crossover'
        {%- endif %}
        when {{ has_registered_variants }} and not {{ is_registered_variant }} then 'unknown_variant'
        when {{ is_stray }} then 'unknown_variant'
        when {{ assigned_at }} is null then 'invalid_time'
        when {{ assigned_at }} < {{ started_at }} or {{ assigned_at }} > {{ ended_at }}
            then 'outside_dates'
        when {{ activation_event }} is not null and {{ activated_at }} is null then 'not_activated'
    end
{%- endmacro %}
