{{ config(materialized='view') }}
with user_metrics as (

    select * from {{ ref('segment_experiments', 'int_user_metrics') }}

),

metrics as (

    select * from {{ ref('segment_experiments', 'int_metrics') }}

),

as_of as (

    select * from {{ ref('segment_experiments', 'int_as_of') }}

),

eligible_users as (

    select * from {{ ref('segment_experiments', 'int_eligible_users') }}

),

united as (

    select user_metrics.*
    from user_metrics
    inner join metrics on user_metrics.metric = metrics.metric
    cross join as_of
    where
        not metrics.is_mature_only
        or {{ segment_experiments.is_mature(
            'user_metrics.analysed_from', 'metrics.maturity_seconds', 'as_of.as_of'
        ) }}

),

capped_metrics as (

    select
        metric,
        is_mature_only,
        maturity_seconds,
        cap_percentile
    from metrics
    where cap_percentile is not null

),

metric_users as (

    select
        eligible_users.experiment_id,
        capped_metrics.metric,
        sum(eligible_users.users) as users,
        (sum(eligible_users.users) - 1) * max(capped_metrics.cap_percentile) as cap_position
    from eligible_users
    inner join capped_metrics
        on
            eligible_users.is_mature_only = capped_metrics.is_mature_only
            and eligible_users.maturity_seconds = capped_metrics.maturity_seconds
    group by eligible_users.experiment_id, capped_metrics.metric

),

{{ segment_experiments.cap_ctes('united', 'metric_users', 'value', 'value_caps') }},

{{ segment_experiments.cap_ctes('united', 'metric_users', 'covariate', 'covariate_caps') }},

final as (

    select
        united.experiment_id,
        united.user_key,
        united.variant,
        united.metric,
        case when united.value > value_caps.cap then value_caps.cap else united.value end as value,
        united.denominator,
        case
            when united.covariate > covariate_caps.cap then covariate_caps.cap
            else united.covariate
        end as covariate,
        united.covariate_denominator,
        united.analysed_from,
        united.first_event_at
    from united
    left join value_caps
        on
            united.experiment_id = value_caps.experiment_id
            and united.metric = value_caps.metric
    left join covariate_caps
        on
            united.experiment_id = covariate_caps.experiment_id
            and united.metric = covariate_caps.metric

)

select * from final
