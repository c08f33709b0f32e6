-- Pairs whose effects depend on each other, or whose assignments do, after counting all comparisons.
select
    interactions.experiment_a,
    interactions.experiment_b,
    interactions.variants,
    interactions.metric,
    interactions.shared_users,
    interactions.effect_a_in_control_b,
    interactions.effect_a_in_variant_b,
    interactions.interaction_effect,
    interactions.p_value_bh,
    interactions.dependence_p_value_bh
from experiments.experiment_interactions as interactions
where
    interactions.p_value_bh < 0.05
    or interactions.dependence_p_value_bh < 0.001
