{{ config(enabled=segment_experiments.is_in_modules('daily')) }}
with variants as (

    select * from {{ ref('segment_experiments', 'int_daily_variants') }}

),

metrics as (

    select * from {{ ref('segment_experiments', 'int_metrics') }}

),

sums as (

    select * from {{ ref('segment_experiments', 'int_daily_metric_sums') }}

),

daily_users as (

    select * from {{ ref('segment_experiments', 'int_daily_users') }}

),

arms as (

    select
        variants.experiment_id,
        metrics.metric,
        metrics.metric_type,
        metrics.minimum_effect,
        variants.date_day,
        variants.variant,
        variants.control_variant,
        variants.is_control,
        cast(coalesce(daily_users.users, 0) as {{ dbt.type_bigint() }}) as users
    from variants
    cross join metrics
    left join daily_users
        on
            variants.experiment_id = daily_users.experiment_id
            and variants.date_day = daily_users.date_day
            and variants.variant = daily_users.variant
            and metrics.is_mature_only = daily_users.is_mature_only
            and metrics.maturity_seconds = daily_users.maturity_seconds

),

{{ segment_experiments.sufficient_statistics_ctes(
    'sums', 'arms', 'statistics', ['experiment_id', 'metric', 'date_day']
) }},

final as (

    select
        experiment_id,
        metric,
        metric_type,
        minimum_effect,
        date_day,
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
