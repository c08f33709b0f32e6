with metrics as (

    select * from {{ ref('segment_experiments', 'int_metrics') }}

),

statistics as (

    select * from {{ ref('segment_experiments', 'int_metric_statistics') }}

),

arms as (

    select
        statistics.*,
        metrics.minimum_effect
    from statistics
    inner join metrics on statistics.metric = metrics.metric

),

{{ segment_experiments.estimates_ctes(
    'arms', 'final', ['experiment_id', 'metric'], keep=['metric_type', 'control_variant']
) }}

select * from final
