{#-
    The day on which a user begins to count in a metric: the first of the period of his assignment,
    or the day on which his window has passed.

    Arguments: SQL expressions: valid_from (date), first day of the period; analysed_from (timestamp);
    is_mature_only (boolean), maturity_seconds (number), of the metric.
    Returns: SQL, date.
-#}
{% macro entry_date(valid_from, analysed_from, is_mature_only, maturity_seconds) -%}
    case
        when {{ is_mature_only }}
            then greatest(
                {{ valid_from }},
                cast({{ segment_experiments.add_seconds(analysed_from, maturity_seconds) }} as date)
            )
        else {{ valid_from }}
    end
{%- endmacro %}
