{#-
    Ratios of users from the values of their two parts, which are metrics themselves; a user has a row
    when either part has one.

    Arguments:
        source (string): relation with the columns of keys, metric_number, and the columns of values.
        target (string): relation made: the columns of keys, metric_number of the ratio, the columns of
            values (of the numerator) and their denominators.
        keys (list of strings): columns of the source that identify a user's value beside metric_number.
        values (dict): column -> name of the column of its denominator.
    Returns: SQL of common table expressions, the last named as target.
-#}
{% macro ratio_values_ctes(source, target, keys, values) -%}
ratio_parts as (

    select * from {{ ref('segment_experiments', 'int_metric_parts') }}
    where {{ segment_experiments.is_ratio('metric_type') }}

),

{{ target }} as (

    select
        {%- for key in keys %}
        {{ source }}.{{ key }},
        {%- endfor %}
        {%- for value, denominator in values.items() %}
        sum({{ source }}.{{ value }} * ratio_parts.numerator_factor) as {{ value }},
        sum({{ source }}.{{ value }} * ratio_parts.denominator_factor) as {{ denominator }},
        {%- endfor %}
        ratio_parts.metric_number
    from {{ source }}
    inner join ratio_parts on {{ source }}.metric_number = ratio_parts.part_number
    group by
        {%- for key in keys %}
        {{ source }}.{{ key }},
        {%- endfor %}
        ratio_parts.metric_number

)
{%- endmacro %}


{#-
    Condition that a metric is a ratio of two others, with a denominator of its own; of all other types the
    denominator is the user.

    Arguments: column (SQL), metric_type.
    Returns: SQL, boolean.
    Errors: as of is_of_type().
-#}
{% macro is_ratio(column) %}
    {{ return(segment_experiments.is_of_type(
        column, ['ratio'], ['conversion', 'count', 'sum', 'retention']
    )) }}
{% endmacro %}
