{#- A result by hand: who ordered within 14 days of the assignment, per variant. -#}
select
    assigned.variant,
    count(distinct assigned.user_key) as users,
    count(distinct case when orders.id is not null then assigned.user_key end) as converted_users
from {{ ref('segment_experiments', 'experiment_assignments') }} as assigned
left join {{ ref('segment_experiments', 'identity_map') }} as ids on assigned.user_key = ids.user_key
left join {{ segment_experiments.raw_relation({'event': 'order_completed'}) }} as orders on ids.identifier = coalesce(orders.user_id, orders.anonymous_id) and {{ segment_experiments.is_in_window('orders.timestamp', 'assigned.analysed_from', 0, 14 * 86400) }}
where assigned.experiment_id = 'pricing-page-annual-toggle-2026-10' and assigned.exclusion_reason is null group by assigned.variant
