{{ config(enabled=segment_experiments.is_in_modules('effect_by_age')) }}
with statistics as (

    select * from {{ ref('segment_experiments', 'int_phase_statistics') }}

),

{{ segment_experiments.estimates_ctes(
    'statistics', 'estimates', ['experiment_id', 'metric', 'phase'],
    keep=['metric_type', 'control_variant']
) }},

-- Phases are parts of what follows the assignment and have no past of their own to adjust by.
final as (

    select * from estimates
    where estimator = 'unadjusted'

)

select * from final
