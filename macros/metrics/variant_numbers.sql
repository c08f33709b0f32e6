{#-
    Numbers in place of the names of experiments and variants, in the order of the names. Sorting and
    grouping as many rows as users and events make by their names takes half as long again.

    Arguments: model (string): with experiment_id and variant, all that there are; condition (SQL), which of its
    rows are wanted.
    Returns: SQL of common table expressions, the last named variants: experiment_id, variant,
    variant_number.
-#}
{% macro variant_numbers_ctes(model, condition='true') -%}
known_variants as (

    select distinct
        experiment_id,
        variant
    from {{ ref('segment_experiments', model) }}
    where {{ condition }}

),

variants as (

    select
        experiment_id,
        variant,
        row_number() over (order by experiment_id, variant) as variant_number
    from known_variants

)
{%- endmacro %}


{#-
    Rows with the number of their variant.

    Arguments:
        source (string): relation with experiment_id, variant and the columns.
        target (string): relation made, with the columns and variant_number.
        columns (list of strings).
    The relation variants (variant_numbers_ctes()) has to be there.
    Returns: SQL of a common table expression.
-#}
{% macro numbered_by_variant_cte(source, target, columns) -%}
{{ target }} as (

    select
        {%- for column in columns %}
        {{ source }}.{{ column }},
        {%- endfor %}
        variants.variant_number
    from {{ source }}
    inner join variants
        on
            {{ source }}.experiment_id = variants.experiment_id
            and {{ source }}.variant = variants.variant

)
{%- endmacro %}
