with variants as (

    select * from {{ ref('segment_experiments', 'int_experiment_variants') }}
    where has_assignments

),

metrics as (

    select * from {{ ref('segment_experiments', 'int_metrics') }}

),

sums as (

    select * from {{ ref('segment_experiments', 'int_user_metric_sums') }}

),

eligible_users as (

    select * from {{ ref('segment_experiments', 'int_eligible_users') }}

),

-- Every variant has a row for every metric, whether anything happened or not.
arms as (

    select
        variants.experiment_id,
        metrics.metric,
        metrics.metric_type,
        variants.variant,
        variants.control_variant,
        variants.is_control,
        cast(coalesce(eligible_users.users, 0) as {{ dbt.type_bigint() }}) as users
    from variants
    cross join metrics
    left join eligible_users
        on
            variants.experiment_id = eligible_users.experiment_id
            and variants.variant = eligible_users.variant
            and metrics.is_mature_only = eligible_users.is_mature_only
            and metrics.maturity_seconds = eligible_users.maturity_seconds

),

{{ segment_experiments.sufficient_statistics_ctes(
    'sums', 'arms', 'statistics', ['experiment_id', 'metric']
) }},

final as (

    select
        experiment_id,
        metric,
        metric_type,
        variant,
        control_variant,
        is_control,
        {%- for column in segment_experiments.statistics_columns() %}
        {{ column }},
        {%- endfor %}
        total
    from statistics

)

select * from final
