-- One row per analysed user, experiment and metric with a value; zeros are implied.
select
    user_metrics.experiment_id || ' / ' || user_metrics.user_key as assignment_id,
    user_metrics.metric,
    user_metrics.value,
    assignments.assigned_at
from {{ ref('segment_experiments', 'experiment_user_metrics') }} as user_metrics
inner join {{ ref('segment_experiments', 'experiment_assignments') }} as assignments
    on
        user_metrics.experiment_id = assignments.experiment_id
        and user_metrics.user_key = assignments.user_key
