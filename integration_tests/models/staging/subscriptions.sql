select
    subscription_id as id,
    customer_id as user_id,
    cast(started_at as timestamp) as started_at,
    cast(price as double precision) as price,
    cast(loaded_at as timestamp) as loaded_at
from {{ ref('billing_subscriptions') }}
