{{ config(materialized='view') }}
{#-
    The registry lists metrics as texts. A metric of both lists is a goal. Without goals that are in the
    settings the primary metric is the only one. A margin that is no share counts as not given: the metric's
    own `margin` is taken, or else its `minimum_effect`.
-#}
{%- set token = "replace(metrics.metric, ' ', '+')" -%}
with registry as (

    select * from {{ ref('segment_experiments', 'stg_registry__experiments') }}

),

metrics as (

    select * from {{ ref('segment_experiments', 'int_metrics') }}

),

lists as (

    select
        experiment_id,
        primary_metric,
        {{ segment_experiments.metric_list('goal_metrics') }} as goals,
        {{ segment_experiments.metric_list('guardrail_metrics') }} as guardrails
    from registry

),

found as (

    select
        lists.experiment_id,
        metrics.metric,
        metrics.margin,
        metrics.minimum_effect,
        coalesce(metrics.metric = lists.primary_metric, false) as is_primary,
        coalesce({{ dbt.position("' ' || " ~ token ~ " || ' '", 'lists.goals') }}, 0) as goal_position,
        coalesce({{ dbt.position("' ' || " ~ token ~ " || ' '", 'lists.guardrails') }} > 0, false)
            as is_plain_guardrail,
        coalesce({{ dbt.position("' ' || " ~ token ~ " || ':'", 'lists.guardrails') }} > 0, false)
            as is_guardrail_with_margin,
        {{ dbt.split_part(
            dbt.split_part('lists.guardrails', "' ' || " ~ token ~ " || ':'", 2), "' '", 1
        ) }} as text_after
    from lists
    cross join metrics

),

margins as (

    select
        found.*,
        case when is_guardrail_with_margin then text_after end as listed_margin,
        is_plain_guardrail or is_guardrail_with_margin as is_guardrail,
        max(goal_position) over (partition by experiment_id) as last_goal_position
    from found

),

numbers as (

    select
        margins.*,
        goal_position > 0 or (last_goal_position = 0 and is_primary) as has_goal_role,
        {{ segment_experiments.number_of_text('listed_margin') }} as margin_number
    from margins

),

final as (

    select
        experiment_id,
        metric,
        case when has_goal_role then 'goal' else 'guardrail' end as metric_role,
        case
            when has_goal_role then null
            when margin_number >= 0 and margin_number < 1 then margin_number
            else coalesce(margin, minimum_effect)
        end as guardrail_margin,
        case
            when has_goal_role
                then row_number() over (
                    partition by experiment_id, has_goal_role
                    order by case when is_primary then 0 else goal_position end, metric
                )
        end as goal_number,
        listed_margin,
        has_goal_role and is_guardrail as is_in_both_lists
    from numbers
    where has_goal_role or is_guardrail

)

select * from final
