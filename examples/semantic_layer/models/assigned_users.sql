-- One row per analysed user of an experiment, with the variant: what the metrics count.
select
    experiment_id || ' / ' || user_key as assignment_id,
    experiment_id,
    user_key,
    variant,
    device_type,
    country,
    campaign_source,
    assigned_at
from {{ ref('segment_experiments', 'experiment_assignments') }}
where exclusion_reason is null
