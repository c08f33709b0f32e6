{{ config(**segment_experiments.by_experiment()) }}
{#- A percentile needs all users, so it is found once for all that read the capped values. -#}
with capped as (

    select
        experiment_id,
        metric,
        value,
        covariate
    from {{ ref('segment_experiments', 'int_eligible_user_metrics') }}
    where
        cap_percentile is not null
        and {{ segment_experiments.is_computed('experiment_id', 'analysed_from') }}

),

eligible_users as (

    select * from {{ ref('segment_experiments', 'int_slice_users') }}
    where
        slice = 'overall'
        and {{ segment_experiments.is_computed('experiment_id') }}

),

metrics as (

    select * from {{ ref('segment_experiments', 'int_metrics') }}

),

{{ segment_experiments.capped_users_cte('eligible_users', 'metrics', 'metric_users', ['experiment_id']) }},

{{ segment_experiments.cap_ctes('capped', 'metric_users', 'value', 'value_caps') }},

{{ segment_experiments.cap_ctes('capped', 'metric_users', 'covariate', 'covariate_caps') }},

final as (

    select
        metric_users.experiment_id,
        metric_users.metric,
        value_caps.cap as value_cap,
        covariate_caps.cap as covariate_cap,
        coalesce(value_caps.cap <= 0 and value_caps.largest_amount > 0, false) as is_nothing_left
    from metric_users
    left join value_caps
        on
            metric_users.experiment_id = value_caps.experiment_id
            and metric_users.metric = value_caps.metric
    left join covariate_caps
        on
            metric_users.experiment_id = covariate_caps.experiment_id
            and metric_users.metric = covariate_caps.metric

)

select * from final
