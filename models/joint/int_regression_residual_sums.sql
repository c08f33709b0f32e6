{{ config(enabled=segment_experiments.is_in_modules('marginal_effects')) }}
{#-
    Squared residuals of the users of every pair of variants: the matrix in the middle of the
    heteroskedasticity-robust covariance. It is the costly step; a user in k experiments makes
    k (k + 1) / 2 rows, for all metrics at once.
-#}
{%- set metrics = segment_experiments.metrics() -%}
with regression_users as (

    select * from {{ ref('segment_experiments', 'int_regression_users') }}

),

others as (

    select * from {{ ref('segment_experiments', 'int_regression_users') }}

),

metrics as (

    select * from {{ ref('segment_experiments', 'int_metrics') }}

),

residuals as {{ segment_experiments.not_materialized() }}(

    select * from {{ ref('segment_experiments', 'int_regression_residuals') }}

),

everybody as (

    select
        block_number,
        0 as variant_number_a,
        0 as variant_number_b,
        {%- for metric in metrics %}
        sum(squared_residual_{{ loop.index }}) as amount_{{ loop.index }},
        {%- endfor %}
        count(*) as users
    from residuals
    group by block_number

),

weighted as (

    select
        regression_users.experiment_number,
        regression_users.variant_number,
        residuals.*
    from regression_users
    inner join residuals
        on
            regression_users.block_number = residuals.block_number
            and regression_users.user_number = residuals.user_number

),

pairs as (

    select
        weighted.block_number,
        weighted.variant_number as variant_number_a,
        others.variant_number as variant_number_b,
        {%- for metric in metrics %}
        sum(weighted.squared_residual_{{ loop.index }}) as amount_{{ loop.index }},
        {%- endfor %}
        count(*) as users
    from weighted
    inner join others
        on
            weighted.block_number = others.block_number
            and weighted.user_number = others.user_number
            and weighted.experiment_number <= others.experiment_number
    group by weighted.block_number, weighted.variant_number, others.variant_number

),

united as (

    select * from everybody

    union all

    select * from pairs

),

final as (

    select
        united.block_number,
        united.variant_number_a,
        united.variant_number_b,
        metrics.metric,
        metrics.required_level,
        {%- if metrics %}
        case metrics.metric_number
            {%- for metric in metrics %}
            when {{ loop.index }} then united.amount_{{ loop.index }}
            {%- endfor %}
        end as amount
        {%- else %}
        cast(null as {{ segment_experiments.type_double() }}) as amount
        {%- endif %}
    from united
    cross join metrics

)

select * from final
