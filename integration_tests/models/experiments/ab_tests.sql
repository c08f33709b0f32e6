select
    'Checkout Wording' as experiment_id,
    'old words' as control_variant,
    cast('2026-05-01' as timestamp) as started_at,
    cast(null as timestamp) as ended_at,
    'subscription_conversion' as primary_metric,
    'checkout' as owner,
    cast(null as varchar) as hypothesis
