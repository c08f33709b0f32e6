-- The company had a model of this name before it installed the package.
select
    user_id,
    max(email) as email
from {{ ref('identifies') }}
where user_id is not null
group by user_id
