{{ config(
    description='No two user keys have the same number: the events of one would count for the other.'
) }}
select user_hash
from {{ ref('segment_experiments', 'int_identities') }}
group by user_hash
having min(user_key) <> max(user_key)
