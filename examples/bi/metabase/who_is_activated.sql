-- Does the variant keep people from the activation event? Users who reached it per variant, of those who
-- were assigned, for the experiments of the registry with an activation_event.
select
    assignments.experiment_id,
    assignments.variant,
    count(*) as assigned_users,
    sum(case when assignments.exclusion_reason is null then 1 else 0 end) as activated_users
from experiments.experiment_assignments as assignments
inner join experiments.experiments as experiments
    on assignments.experiment_id = experiments.experiment_id
where
    experiments.activation_event is not null
    and (assignments.exclusion_reason is null or assignments.exclusion_reason = 'not_activated')
group by assignments.experiment_id, assignments.variant
