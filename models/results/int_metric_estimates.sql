with arms as (

    select * from {{ ref('segment_experiments', 'int_metric_statistics') }}
    where slice = 'overall'

),

{{ segment_experiments.estimates_ctes(
    'arms', 'final', ['experiment_id', 'metric'], keep=['metric_type', 'control_variant']
) }}

select * from final
