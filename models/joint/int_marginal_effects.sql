{{ config(
    enabled=segment_experiments.is_in_modules('marginal_effects'), **segment_experiments.by_experiment(is_shared=true)
) }}
{#- Every experiment of a regression has a part in the effects of the others. -#}

with variants as (

    select * from {{ ref('segment_experiments', 'int_joint_variants') }}

),

blocks as (

    select * from {{ ref('segment_experiments', 'int_regression_blocks') }}
    where is_shown

),

metrics as (

    select * from {{ ref('segment_experiments', 'int_metrics') }}

),

terms as (

    select * from {{ ref('segment_experiments', 'int_regression_terms') }}

),

user_counts as (

    select * from {{ ref('segment_experiments', 'int_regression_counts') }}
    where variant_number_a = variant_number_b

),

solution as (

    select * from {{ ref('segment_experiments', 'int_regression_solution') }}

),

residual_sums as (

    select * from {{ ref('segment_experiments', 'int_regression_residual_sums') }}
    where amount is not null

),

outcomes as (

    select * from {{ ref('segment_experiments', 'int_regression_outcomes') }}

),

total_squares as (

    select
        block_number,
        metric,
        sum(outcome * outcome) as total_square,
        sum(case when is_limited then 1 else 0 end) as limited_users
    from outcomes
    group by block_number, metric

),

variant_columns as (

    select
        block_number,
        column_number,
        variant_number
    from terms
    where column_kind = 'variant'

),

columns_kept as (

    select
        block_number,
        required_level,
        count(*) as columns_kept
    from solution
    where column_number = other_column_number
    group by block_number, required_level

),

-- How much a user of a variant weighs in an effect: rows of the inverse, by variants.
weights as (

    select
        solution.block_number,
        solution.required_level,
        solution.column_number,
        terms.variant_number,
        sum(solution.amount) as weight
    from solution
    inner join variant_columns
        on {{ segment_experiments.same('solution', 'variant_columns', ['block_number', 'column_number']) }}
    inner join terms
        on
            solution.block_number = terms.block_number
            and solution.other_column_number = terms.column_number
    group by solution.block_number, solution.required_level, solution.column_number, terms.variant_number

),

-- 0, everybody, is paired with each variant by the variant's pair with itself.
residual_pairs as (

    select
        block_number,
        metric,
        required_level,
        variant_number_a,
        variant_number_b,
        case when variant_number_a = variant_number_b then amount else 2.0 * amount end as amount
    from residual_sums

    union all

    select
        block_number,
        metric,
        required_level,
        0 as variant_number_a,
        variant_number_b,
        2.0 * amount as amount
    from residual_sums
    where
        variant_number_a = variant_number_b
        and variant_number_a > 0

),

weighted as (

    select
        residual_pairs.block_number,
        residual_pairs.metric,
        residual_pairs.required_level,
        weights.column_number,
        residual_pairs.variant_number_b,
        sum(weights.weight * residual_pairs.amount) as amount,
        sum(abs(weights.weight) * residual_pairs.amount) as magnitude
    from residual_pairs
    inner join weights
        on
            residual_pairs.block_number = weights.block_number
            and residual_pairs.required_level = weights.required_level
            and residual_pairs.variant_number_a = weights.variant_number
    group by
        residual_pairs.block_number,
        residual_pairs.metric,
        residual_pairs.required_level,
        weights.column_number,
        residual_pairs.variant_number_b

),

variances as (

    select
        weighted.block_number,
        weighted.metric,
        weighted.column_number,
        {{ segment_experiments.without_rounding(
            'sum(weighted.amount * weights.weight)', 'sum(weighted.magnitude * abs(weights.weight))'
        ) }} as variance
    from weighted
    inner join weights
        on
            weighted.block_number = weights.block_number
            and weighted.required_level = weights.required_level
            and weighted.column_number = weights.column_number
            and weighted.variant_number_b = weights.variant_number
    group by weighted.block_number, weighted.metric, weighted.column_number

),

compared as (

    select
        blocks.block_number,
        variants.experiment_id,
        variants.variant,
        variants.variant_number,
        controls.variant_number as control_number
    from variants
    inner join blocks on variants.experiment_number = blocks.experiment_number
    left join variants as controls
        on
            variants.experiment_id = controls.experiment_id
            and controls.is_control
    where not variants.is_control

),

gathered as (

    select
        compared.experiment_id,
        compared.variant,
        compared.control_number,
        metrics.metric,
        variant_columns.column_number,
        coalesce(variant_counts.users, 0) as users,
        coalesce(control_counts.users, 0) as control_users,
        coalesce(all_counts.users, 0) as all_users,
        columns_kept.columns_kept,
        coalesce(total_squares.limited_users, 0) as limited_users,
        coefficients.amount as marginal_effect,
        {{ segment_experiments.without_rounding(
            'variances.variance', 'diagonal.amount * total_squares.total_square / all_counts.users'
        ) }} as variance
    from compared
    cross join metrics
    left join variant_columns
        on {{ segment_experiments.same('compared', 'variant_columns', ['block_number', 'variant_number']) }}
    left join user_counts as variant_counts
        on
            compared.block_number = variant_counts.block_number
            and compared.variant_number = variant_counts.variant_number_a
            and metrics.required_level = variant_counts.required_level
    left join user_counts as control_counts
        on
            compared.block_number = control_counts.block_number
            and compared.control_number = control_counts.variant_number_a
            and metrics.required_level = control_counts.required_level
    left join user_counts as all_counts
        on
            compared.block_number = all_counts.block_number
            and metrics.required_level = all_counts.required_level
            and all_counts.variant_number_a = 0
    left join columns_kept
        on
            compared.block_number = columns_kept.block_number
            and metrics.required_level = columns_kept.required_level
    left join solution as coefficients
        on
            compared.block_number = coefficients.block_number
            and metrics.required_level = coefficients.required_level
            and variant_columns.column_number = coefficients.column_number
            and coefficients.other_column_number = -metrics.metric_number
    left join solution as diagonal
        on
            compared.block_number = diagonal.block_number
            and metrics.required_level = diagonal.required_level
            and variant_columns.column_number = diagonal.column_number
            and variant_columns.column_number = diagonal.other_column_number
    left join variances
        on
            compared.block_number = variances.block_number
            and metrics.metric = variances.metric
            and variant_columns.column_number = variances.column_number
    left join total_squares
        on
            compared.block_number = total_squares.block_number
            and metrics.metric = total_squares.metric

),

judged as (

    select
        gathered.*,
        case
            when control_number is null then 'no_control'
            when column_number is null then 'too_many_columns'
            when users = 0 then 'no_users'
            when control_users = 0 then 'no_control_users'
            when marginal_effect is null then 'collinear'
            when users < 2 or control_users < 2 or all_users <= columns_kept then 'too_few_users'
            when coalesce(variance, 0) = 0 then 'zero_variance'
            else 'ok'
        end as status
    from gathered

),

estimated as (

    select
        judged.*,
        case
            when status = 'ok'
                then sqrt(variance * (all_users / cast(
                    all_users - columns_kept as {{ segment_experiments.type_double() }}
                )))
        end as standard_error
    from judged

),

final as (

    select
        experiment_id,
        variant,
        metric,
        cast(users as {{ dbt.type_bigint() }}) as users,
        marginal_effect,
        standard_error,
        cast(all_users as {{ dbt.type_bigint() }}) as regression_users,
        cast(limited_users as {{ dbt.type_bigint() }}) as limited_users,
        cast(columns_kept as {{ dbt.type_bigint() }}) as regression_columns,
        status
    from estimated

)

select * from final
