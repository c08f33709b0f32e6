select
    'Checkout Wording' as experiment_id,
    variant,
    0.5 as expected_share
from (
    values ('old words'), ('new words')
) as variants (variant)
