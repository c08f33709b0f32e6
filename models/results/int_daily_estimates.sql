{{ config(enabled=segment_experiments.is_in_modules('daily')) }}
with arms as (

    select * from {{ ref('segment_experiments', 'int_daily_statistics') }}

),

{{ segment_experiments.estimates_ctes(
    'arms', 'final', ['experiment_id', 'metric', 'date_day'], keep=['metric_type', 'control_variant']
) }}

select * from final
