-- Which experiments did one user see, in which variant, and is the user analysed? By any id of the user.
select
    assignments.experiment_id,
    assignments.variant,
    assignments.assigned_at,
    assignments.exposures,
    assignments.exclusion_reason
from experiments.identity_map as identities
inner join experiments.experiment_assignments as assignments
    on identities.user_key = assignments.user_key
where identities.identifier = 'a user id or anonymous id'
