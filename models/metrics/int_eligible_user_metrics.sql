{{ config(materialized='view') }}
{%- set is_ratio = segment_experiments.is_ratio('metrics.metric_type') %}
with states as (

    select * from {{ ref('segment_experiments', 'int_user_metric_states') }}
    where until_day is null

),

metrics as (

    select * from {{ ref('segment_experiments', 'int_metrics') }}

),

times as (

    select * from {{ ref('segment_experiments', 'int_experiment_times') }}

),

final as (

    select
        states.experiment_id,
        states.user_key,
        states.variant,
        states.metric,
        states.value,
        case when {{ is_ratio }} then states.denominator end as denominator,
        states.covariate,
        case when {{ is_ratio }} then states.covariate_denominator end as covariate_denominator,
        states.analysed_from,
        states.first_event_at,
        metrics.cap_percentile
    from states
    inner join metrics on states.metric = metrics.metric
    inner join times on states.experiment_id = times.experiment_id
    where
        not metrics.is_mature_only
        or {{ segment_experiments.is_mature(
            'states.analysed_from', 'metrics.maturity_seconds', 'times.as_of'
        ) }}

)

select * from final
