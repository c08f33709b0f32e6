{{ config(enabled=segment_experiments.is_in_modules('marginal_effects')) }}
{#-
    One matrix for all metrics with the same users; each metric is a right-hand side. The number of a group is
    that of the block and, in its last three digits, the level of the metrics.
-#}
-- depends_on: {{ ref('segment_experiments', 'int_regression_terms') }}
with terms as (

    select * from {{ ref('segment_experiments', 'int_regression_terms') }}

),

other_terms as (

    select * from {{ ref('segment_experiments', 'int_regression_terms') }}

),

user_counts as (

    select * from {{ ref('segment_experiments', 'int_regression_counts') }}

),

outcomes as (

    select * from {{ ref('segment_experiments', 'int_regression_outcomes') }}

),

regression_users as (

    select * from {{ ref('segment_experiments', 'int_regression_users') }}

),

metrics as (

    select * from {{ ref('segment_experiments', 'int_metrics') }}

),

variant_totals as (

    select
        outcomes.block_number,
        outcomes.metric,
        regression_users.variant_number,
        sum(outcomes.outcome) as total
    from outcomes
    inner join regression_users
        on
            outcomes.block_number = regression_users.block_number
            and outcomes.user_number = regression_users.user_number
    group by outcomes.block_number, outcomes.metric, regression_users.variant_number

    union all

    select
        block_number,
        metric,
        0 as variant_number,
        sum(outcome) as total
    from outcomes
    group by block_number, metric

),

cross_products as (

    select
        user_counts.block_number * 1000 + user_counts.required_level as group_number,
        terms.column_number as row_number_i,
        other_terms.column_number as column_number_j,
        cast(sum(user_counts.users) as {{ segment_experiments.type_double() }}) as amount
    from user_counts
    inner join terms
        on
            user_counts.block_number = terms.block_number
            and user_counts.variant_number_a = terms.variant_number
    inner join other_terms
        on
            user_counts.block_number = other_terms.block_number
            and user_counts.variant_number_b = other_terms.variant_number
    group by
        user_counts.block_number * 1000 + user_counts.required_level,
        terms.column_number,
        other_terms.column_number

    union all

    select
        variant_totals.block_number * 1000 + metrics.required_level as group_number,
        terms.column_number as row_number_i,
        -metrics.metric_number as column_number_j,
        sum(variant_totals.total) as amount
    from variant_totals
    inner join terms
        on
            variant_totals.block_number = terms.block_number
            and variant_totals.variant_number = terms.variant_number
    inner join metrics on variant_totals.metric = metrics.metric
    group by
        variant_totals.block_number * 1000 + metrics.required_level,
        terms.column_number,
        metrics.metric_number

),

diagonal as (

    select
        user_counts.block_number * 1000 + user_counts.required_level as group_number,
        user_counts.block_number,
        user_counts.required_level,
        terms.column_number,
        sqrt(cast(sum(user_counts.users) as {{ segment_experiments.type_double() }})) as scale
    from user_counts
    inner join terms
        on
            user_counts.block_number = terms.block_number
            and user_counts.variant_number_a = terms.variant_number
            and user_counts.variant_number_b = terms.variant_number
    group by user_counts.block_number, user_counts.required_level, terms.column_number

),

matrix_groups as (

    select distinct
        group_number,
        required_level
    from diagonal

),

columns_of_cells as (

    select
        group_number,
        column_number,
        scale
    from diagonal

    union all

    select
        matrix_groups.group_number,
        -metrics.metric_number as column_number,
        cast(1 as {{ segment_experiments.type_double() }}) as scale
    from matrix_groups
    inner join metrics on matrix_groups.required_level = metrics.required_level

),

-- Every cell has a row; columns that nobody is in are no part of the matrix.
matrix as (

    select
        diagonal.group_number,
        diagonal.column_number as row_number_i,
        columns_of_cells.column_number as column_number_j,
        coalesce(cross_products.amount, 0.0) / diagonal.scale / columns_of_cells.scale as amount
    from diagonal
    inner join columns_of_cells on diagonal.group_number = columns_of_cells.group_number
    left join cross_products
        on
            diagonal.group_number = cross_products.group_number
            and diagonal.column_number = cross_products.row_number_i
            and columns_of_cells.column_number = cross_products.column_number_j

),

{{ segment_experiments.sweep_ctes('matrix', 'swept', segment_experiments.regression_steps()) }},

judged as (

    select
        swept.*,
        max(case when row_number_i = column_number_j then is_kept end)
            over (partition by group_number, column_number_j) as is_other_kept
    from swept

),

final as (

    select
        diagonal.block_number,
        diagonal.required_level,
        judged.row_number_i as column_number,
        judged.column_number_j as other_column_number,
        judged.amount / diagonal.scale / columns_of_cells.scale as amount
    from judged
    inner join diagonal
        on
            judged.group_number = diagonal.group_number
            and judged.row_number_i = diagonal.column_number
    inner join columns_of_cells
        on
            judged.group_number = columns_of_cells.group_number
            and judged.column_number_j = columns_of_cells.column_number
    where
        judged.is_kept = 1
        and (judged.is_other_kept = 1 or judged.column_number_j < 0)

)

select * from final
