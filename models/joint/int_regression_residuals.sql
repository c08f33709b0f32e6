{{ config(enabled=segment_experiments.is_in_modules('marginal_effects')) }}
{#- One row per user, because all metrics are then summed over the pairs of variants at once. -#}
{%- set metrics = segment_experiments.metrics() -%}
with regression_users as (

    select * from {{ ref('segment_experiments', 'int_regression_users') }}

),

effects as (

    select * from {{ ref('segment_experiments', 'int_regression_effects') }}

),

intercepts as (

    select * from {{ ref('segment_experiments', 'int_regression_effects') }}
    where variant_number = 0

),

outcomes as (

    select
        {%- for metric in metrics %}
        sum(case when metric_number = {{ loop.index }} then outcome end) as outcome_{{ loop.index }},
        {%- endfor %}
        block_number,
        user_number
    from {{ ref('segment_experiments', 'int_regression_outcomes') }}
    group by block_number, user_number

),

predicted as (

    select
        regression_users.block_number,
        regression_users.user_number,
        {%- for metric in metrics %}
        coalesce(sum(effects.effect_{{ loop.index }}), 0.0) as predicted_{{ loop.index }},
        {%- endfor %}
        max(regression_users.user_level) as user_level
    from regression_users
    left join effects
        on
            regression_users.block_number = effects.block_number
            and regression_users.variant_number = effects.variant_number
    group by regression_users.block_number, regression_users.user_number

),

residuals as (

    select
        predicted.block_number,
        predicted.user_number,
        {%- for metric in metrics %}
        case
            when predicted.user_level >= {{ segment_experiments.required_level(metric) }}
                then
                    coalesce(outcomes.outcome_{{ loop.index }}, 0.0)
                    - predicted.predicted_{{ loop.index }}
                    - intercepts.effect_{{ loop.index }}
        end as residual_{{ loop.index }},
        {%- endfor %}
        predicted.user_level
    from predicted
    inner join intercepts on predicted.block_number = intercepts.block_number
    left join outcomes
        on
            predicted.block_number = outcomes.block_number
            and predicted.user_number = outcomes.user_number

),

final as (

    select
        {%- for metric in metrics %}
        residual_{{ loop.index }} * residual_{{ loop.index }} as squared_residual_{{ loop.index }},
        {%- endfor %}
        block_number,
        user_number
    from residuals

)

select * from final
