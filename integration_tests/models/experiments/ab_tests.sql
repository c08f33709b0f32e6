select
    'Checkout Wording' as experiment_id,
    'old words' as control_variant,
    cast('2026-05-01' as timestamp) as started_at,
    cast(null as timestamp) as ended_at,
    'subscription_conversion' as primary_metric,
    'checkout' as owner,
    cast(null as varchar) as hypothesis,
    'subscription_revenue:0.3' as guardrail_metrics,
    9999 as minimum_days,
    cast(0.5 as decimal(3, 2)) as target_effect,
    cast('2026-06-30' as date) as planned_end
