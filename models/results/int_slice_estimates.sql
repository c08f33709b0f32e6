{{ config(enabled=segment_experiments.is_in_modules(['daily', 'dimensions', 'effect_by_age'])) }}
with arms as (

    select * from {{ ref('segment_experiments', 'int_metric_statistics') }}
    where slice <> 'overall'

),

{{ segment_experiments.estimates_ctes(
    'arms', 'estimates', ['experiment_id', 'metric'] + segment_experiments.slice_keys(),
    keep=['metric_type', 'control_variant', 'date_day']
) }},

-- Phases are parts of what follows the assignment and have no past of their own to adjust by.
final as (

    select * from estimates
    where slice <> 'phase' or estimator = 'unadjusted'

)

select * from final
