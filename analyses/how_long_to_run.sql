{#-
    How long an experiment with two variants has to run on the users of a past one, until it finds the effect that
    each metric should not miss. A metric that is not there would take longer than that experiment ran.
-#}
select
    experiment_id,
    metric,
    estimator,
    min(days) as days,
    min(users) as users
from {{ ref('segment_experiments', 'experiment_power') }}
where
    variants = 2
    and minimum_detectable_effect <= minimum_effect
group by experiment_id, metric, estimator
