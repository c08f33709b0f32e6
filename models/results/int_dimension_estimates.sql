{{ config(enabled=segment_experiments.is_in_modules('dimensions')) }}
with statistics as (

    select * from {{ ref('segment_experiments', 'int_dimension_statistics') }}

),

{{ segment_experiments.estimates_ctes(
    'statistics', 'final', ['experiment_id', 'metric', 'dimension', 'dimension_value'],
    keep=['metric_type', 'control_variant']
) }}

select * from final
