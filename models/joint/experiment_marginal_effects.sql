{{ config(enabled=segment_experiments.is_in_modules('marginal_effects')) }}
{%- set alpha = 1 - segment_experiments.setting('confidence_level') -%}
{%- set z = segment_experiments.float_literal(segment_experiments.normal_quantile(1 - alpha / 2)) -%}

with effects as (

    select * from {{ ref('segment_experiments', 'int_marginal_effects') }}

),

metrics as (

    select * from {{ ref('segment_experiments', 'int_metrics') }}

),

standardised as (

    select
        effects.*,
        metrics.metric_type,
        effects.marginal_effect / effects.standard_error as z_statistic,
        abs(effects.marginal_effect / effects.standard_error) as absolute_z
    from effects
    inner join metrics on effects.metric = metrics.metric

),

strengths as (

    select
        standardised.*,
        case
            when absolute_z > 1e-9 then {{ segment_experiments.rounded_order('abs(marginal_effect)') }}
            when status = 'ok' then -1e18
        end as strength
    from standardised

),

final as (

    select
        metric,
        experiment_id,
        variant,
        users,
        marginal_effect,
        standard_error,
        2.0 * {{ segment_experiments.normal_survival('absolute_z') }} as p_value,
        marginal_effect - {{ z }} * standard_error as lower,
        marginal_effect + {{ z }} * standard_error as upper,
        case when not {{ segment_experiments.is_ratio('metric_type') }} then marginal_effect * users end
            as incremental_total,
        case
            when status = 'ok'
                then cast(row_number() over (
                    partition by metric, status
                    order by strength desc, experiment_id asc, variant asc
                ) as {{ dbt.type_bigint() }})
        end as effect_rank,
        regression_users,
        limited_users,
        regression_columns,
        status
    from strengths

)

select * from final
