{#-
    Numbers in place of the names of experiments and variants, in the order of the names. Sorting and
    grouping as many rows as users and events make by their names takes half as long again.

    Arguments:
        model (string): with experiment_id and variant, all that there are.
        source (string): relation with experiment_id, variant and the columns.
        target (string): relation made, with the columns and variant_number.
        columns (list of strings).
    Returns: SQL of common table expressions: variants (experiment_id, variant, variant_number), and the
    last, named as target.
-#}
{% macro numbered_variants_ctes(model, source, target, columns) -%}
known_variants as (

    select distinct
        experiment_id,
        variant
    from {{ ref('segment_experiments', model) }}

),

variants as (

    select
        experiment_id,
        variant,
        row_number() over (order by experiment_id, variant) as variant_number
    from known_variants

),

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
