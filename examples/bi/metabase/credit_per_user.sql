-- Revenue credited to each variant per user, by all models of attribution.
select
    attribution.experiment_id,
    attribution.variant,
    attribution.attribution_model,
    attribution.attributed_conversions,
    attribution.attributed_value,
    attribution.attributed_value / nullif(attribution.users, 0) as value_per_user
from experiments.experiment_attribution as attribution
where attribution.metric = 'revenue_per_user'
