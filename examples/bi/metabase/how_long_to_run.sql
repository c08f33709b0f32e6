-- Which effect an experiment with two variants would find on the users of a past one, after each week, by the
-- better of the two estimators, beside the effect that it should not miss.
select
    experiment_id,
    metric,
    week,
    max(users) as users,
    max(days) as days,
    min(minimum_detectable_effect) as minimum_detectable_effect,
    max(minimum_effect) as minimum_effect
from experiments.experiment_power
where variants = 2
group by experiment_id, metric, week
