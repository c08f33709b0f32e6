{{ config(enabled=segment_experiments.is_in_modules('interactions')) }}
{%- set alpha = 1 - segment_experiments.setting('confidence_level') -%}
with cells as (

    select * from {{ ref('segment_experiments', 'int_interaction_cells') }}

),

pairs_of_variants as (

    select distinct
        experiment_a,
        experiment_b,
        variant_a,
        variant_b,
        shared_users
    from {{ ref('segment_experiments', 'int_interaction_cells') }}

),

margins as (

    select
        experiment_a,
        experiment_b,
        variant_a,
        variant_b,
        cast(shared_users as {{ segment_experiments.type_double() }}) as observed,
        cast(
            sum(shared_users) over (partition by experiment_a, experiment_b, variant_a)
            as {{ segment_experiments.type_double() }}
        ) as users_a,
        cast(
            sum(shared_users) over (partition by experiment_a, experiment_b, variant_b)
            as {{ segment_experiments.type_double() }}
        ) as users_b,
        sum(shared_users) over (partition by experiment_a, experiment_b) as all_users
    from pairs_of_variants

),

-- Variants that none of the shared users is in are no rows or columns of the table.
expected_counts as (

    select
        experiment_a,
        experiment_b,
        variant_a,
        variant_b,
        all_users,
        observed,
        users_a * users_b / all_users as expected
    from margins
    where
        users_a > 0
        and users_b > 0

),

chi_squares as (

    select
        experiment_a,
        experiment_b,
        max(all_users) as shared_users,
        sum((observed - expected) * (observed - expected) / expected) as chi_square,
        (count(distinct variant_a) - 1) * (count(distinct variant_b) - 1) as degrees_of_freedom
    from expected_counts
    group by experiment_a, experiment_b

),

dependences as (

    select
        experiment_a,
        experiment_b,
        shared_users,
        {{ segment_experiments.chi_square_survival('chi_square', 'degrees_of_freedom') }}
            as dependence_p_value
    from chi_squares

),

{{ segment_experiments.multiplicity_ctes(
    'dependences', 'corrected_dependences', [], 'dependence_p_value', ['experiment_a', 'experiment_b']
) }},

comparisons as (

    select
        experiment_a,
        experiment_b,
        variant_a,
        variant_b,
        metric
    from {{ ref('segment_experiments', 'int_interaction_cells') }}
    where
        not is_control_a
        and not is_control_b

),

-- The four cells of a comparison: both variants, one of them, and none.
crossed as (

    select
        comparisons.experiment_a,
        comparisons.experiment_b,
        comparisons.variant_a,
        comparisons.variant_b,
        comparisons.metric,
        cells.is_control_a,
        cells.is_control_b,
        cells.users,
        cells.mean,
        cells.variance,
        cells.variance / nullif(cells.users, 0) as squared_error
    from comparisons
    inner join cells
        on
            comparisons.experiment_a = cells.experiment_a
            and comparisons.experiment_b = cells.experiment_b
            and comparisons.metric = cells.metric
            and (cells.is_control_a or comparisons.variant_a = cells.variant_a)
            and (cells.is_control_b or comparisons.variant_b = cells.variant_b)

),

summarised as (

    select
        experiment_a,
        experiment_b,
        variant_a,
        variant_b,
        metric,
        count(*) as cell_count,
        cast(sum(users) as {{ dbt.type_bigint() }}) as users,
        min(users) as smallest_cell,
        count(mean) as cells_with_mean,
        sum(variance) as total_variance,
        sum(case when is_control_b then case when is_control_a then -mean else mean end end)
            as effect_a_in_control_b,
        sum(case when not is_control_b then case when is_control_a then -mean else mean end end)
            as effect_a_in_variant_b,
        sum(squared_error) as squared_error,
        sum(squared_error * (squared_error / nullif(greatest(users - 1, 0), 0)))
            as squared_error_of_variance
    from crossed
    group by experiment_a, experiment_b, variant_a, variant_b, metric

),

judged as (

    select
        summarised.*,
        case
            when cell_count < 4 then 'no_control'
            when smallest_cell < 2 then 'too_few_users'
            when cells_with_mean < 4 then 'no_denominator'
            when total_variance < 1e-60 then 'zero_variance'
            else 'ok'
        end as status
    from summarised

),

estimated as (

    select
        judged.*,
        case
            when cells_with_mean = 4 then effect_a_in_variant_b - effect_a_in_control_b
        end as interaction_effect,
        case when status = 'ok' then sqrt(squared_error) end as standard_error,
        case
            when status = 'ok' then squared_error * (squared_error / squared_error_of_variance)
        end as degrees_of_freedom
    from judged

),

tested_statistics as (

    select
        experiment_a,
        experiment_b,
        variant_a,
        variant_b,
        metric,
        interaction_effect / standard_error as t_statistic,
        degrees_of_freedom
    from estimated
    where status = 'ok'

),

{{ segment_experiments.quadrature_cte() }},

{%- set keys = ['experiment_a', 'experiment_b', 'variant_a', 'variant_b', 'metric'] %}

{{ segment_experiments.student_t_two_sided_p_ctes(
    'tested_statistics', 'tested', keys, 't_statistic', 'degrees_of_freedom', 'p_value'
) }},

{{ segment_experiments.student_t_critical_value_ctes(
    'tested', 'critical', keys, 'degrees_of_freedom', alpha, 'critical_value'
) }},

compared as (

    select
        estimated.*,
        critical.p_value,
        critical.critical_value
    from estimated
    left join critical
        on {{ segment_experiments.same('estimated', 'critical', keys) }}

),

{{ segment_experiments.multiplicity_ctes('compared', 'corrected', [], 'p_value', keys) }},

final as (

    select
        corrected.experiment_a,
        corrected.experiment_b,
        corrected.variant_a,
        corrected.variant_b,
        corrected.variant_a || ' x ' || corrected.variant_b as variants,
        corrected.metric,
        cast(corrected_dependences.shared_users as {{ dbt.type_bigint() }}) as shared_users,
        corrected_dependences.dependence_p_value,
        corrected_dependences.p_value_bh as dependence_p_value_bh,
        corrected.users,
        corrected.effect_a_in_control_b,
        corrected.effect_a_in_variant_b,
        corrected.interaction_effect,
        corrected.standard_error,
        corrected.degrees_of_freedom,
        corrected.p_value,
        corrected.p_value_bh,
        corrected.interaction_effect - corrected.critical_value * corrected.standard_error as lower,
        corrected.interaction_effect + corrected.critical_value * corrected.standard_error as upper,
        corrected.status
    from corrected
    inner join corrected_dependences
        on
            corrected.experiment_a = corrected_dependences.experiment_a
            and corrected.experiment_b = corrected_dependences.experiment_b

)

select * from final
