{{ config(severity=segment_experiments.setting('registry_severity'), store_failures=true) }}
{%- set names = segment_experiments.metrics() | map(attribute='name') | list -%}

with experiments as (

    select * from {{ ref('segment_experiments', 'stg_registry__experiments') }}

),

experiment_metrics as (

    select * from {{ ref('segment_experiments', 'int_experiment_metrics') }}

),

lists as (

    select
        experiment_id,
        primary_metric,
        goal_metrics,
        guardrail_metrics,
        {{ segment_experiments.metric_list('goal_metrics') }} as goals,
        {{ segment_experiments.metric_list('guardrail_metrics') }} as guardrails
    from experiments

),

final as (

    select
        experiment_id,
        primary_metric as listed,
        'The primary_metric is no metric of the settings.' as message
    from lists
    where
        primary_metric is not null
        and not {{ segment_experiments.is_one_of('primary_metric', names) }}

    union all

    select
        experiment_id,
        goal_metrics as listed,
        'The goal_metrics must be metrics of the settings, separated by commas; others do not count.'
            as message
    from lists
    where not {{ segment_experiments.is_list_of_metrics('goals', false) }}

    union all

    select
        experiment_id,
        guardrail_metrics as listed,
        'The guardrail_metrics must be metrics of the settings, separated by commas; others do not count.'
            as message
    from lists
    where not {{ segment_experiments.is_list_of_metrics('guardrails', true) }}

    union all

    select
        experiment_id,
        metric || ':' || listed_margin as listed,
        'The margin of a guardrail must be a number from 0 to below 1; the one of the settings counts.'
            as message
    from experiment_metrics
    where
        listed_margin is not null
        and coalesce({{ segment_experiments.number_of_text('listed_margin') }}, -1) not between 0 and 0.999999

    union all

    select
        experiment_id,
        metric as listed,
        'This metric is a goal and a guardrail; it counts as a goal only.' as message
    from experiment_metrics
    where is_in_both_lists

)

select * from final
