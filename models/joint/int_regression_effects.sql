{{ config(enabled=segment_experiments.is_in_modules('marginal_effects')) }}
{#-
    What being in a variant adds to a user's value, the effect of being in the experiment included; a
    column per metric. The number 0 stands for everybody.
-#}
{%- set metrics = segment_experiments.metrics() -%}
with solution as (

    select * from {{ ref('segment_experiments', 'int_regression_solution') }}
    where other_column_number < 0

),

terms as (

    select * from {{ ref('segment_experiments', 'int_regression_terms') }}

),

final as (

    select
        {%- for metric in metrics %}
        sum(case when solution.other_column_number = -{{ loop.index }} then solution.amount end)
            as effect_{{ loop.index }},
        {%- endfor %}
        terms.block_number,
        terms.variant_number
    from terms
    inner join solution
        on
            terms.block_number = solution.block_number
            and terms.column_number = solution.column_number
    group by terms.block_number, terms.variant_number

)

select * from final
