{{ config(enabled=segment_experiments.is_in_modules('dimensions')) }}
{%- set group = ['experiment_id', 'metric', 'dimension', 'dimension_value'] -%}
with variants as (

    select * from {{ ref('segment_experiments', 'int_experiment_variants') }}
    where has_assignments

),

metrics as (

    select * from {{ ref('segment_experiments', 'int_metrics') }}

),

dimension_users as (

    select
        experiment_id,
        dimension,
        dimension_value,
        variant,
        is_mature_only,
        maturity_seconds,
        sum(users) as users
    from {{ ref('segment_experiments', 'int_dimension_users') }}
    group by experiment_id, dimension, dimension_value, variant, is_mature_only, maturity_seconds

),

sums as (

    select * from {{ ref('segment_experiments', 'int_dimension_metric_sums') }}

),

-- Where no user of any variant has a value there is nothing to compare, and of all combinations of
-- values and metrics these would be most.
shown_values as (

    select distinct
        experiment_id,
        metric,
        dimension,
        dimension_value
    from sums

),

-- Every variant has a row for such a value and metric, whether anybody is in it or not.
arms as (

    select
        variants.experiment_id,
        metrics.metric,
        metrics.metric_type,
        metrics.minimum_effect,
        shown_values.dimension,
        shown_values.dimension_value,
        variants.variant,
        variants.control_variant,
        variants.is_control,
        cast(coalesce(dimension_users.users, 0) as {{ dbt.type_bigint() }}) as users
    from variants
    inner join shown_values on variants.experiment_id = shown_values.experiment_id
    inner join metrics on shown_values.metric = metrics.metric
    left join dimension_users
        on
            shown_values.experiment_id = dimension_users.experiment_id
            and shown_values.dimension = dimension_users.dimension
            and shown_values.dimension_value = dimension_users.dimension_value
            and variants.variant = dimension_users.variant
            and metrics.is_mature_only = dimension_users.is_mature_only
            and metrics.maturity_seconds = dimension_users.maturity_seconds

),

{{ segment_experiments.sufficient_statistics_ctes('sums', 'arms', 'statistics', group) }},

final as (

    select
        experiment_id,
        metric,
        metric_type,
        minimum_effect,
        dimension,
        dimension_value,
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
