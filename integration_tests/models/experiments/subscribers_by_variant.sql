-- The company's own analysis: marts of the package meet its other tables.
select
    assignments.variant,
    count(*) as users,
    count(people.email) as users_with_email
from {{ ref('segment_experiments', 'experiment_assignments') }} as assignments
left join {{ ref('acme_analytics', 'stg_segment__identifies') }} as people
    on assignments.user_id = people.user_id
where assignments.exclusion_reason is null
group by assignments.variant
