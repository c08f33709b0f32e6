-- Of all the experiments a user saw before converting, which had the strongest effect?
select
    effects.metric,
    effects.effect_rank,
    effects.experiment_id,
    effects.variant,
    effects.users,
    effects.marginal_effect,
    effects.lower,
    effects.upper,
    effects.p_value,
    effects.incremental_total
from experiments.experiment_marginal_effects as effects
where
    effects.metric = 'signup_conversion'
    and effects.effect_rank <= 5
