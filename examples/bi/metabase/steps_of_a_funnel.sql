-- Did the variant bring more of the first step, or better ones? Each step beside the control.
select
    funnel.experiment_id,
    funnel.variant,
    funnel.step_number,
    funnel.step,
    funnel.users,
    funnel.rate_from_start,
    funnel.absolute_lift,
    funnel.p_value,
    funnel.rate_from_previous,
    funnel.lift_from_previous,
    funnel.p_value_from_previous
from experiments.experiment_funnel as funnel
where funnel.funnel = 'signup_to_order'
