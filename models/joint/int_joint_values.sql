{{ config(enabled=segment_experiments.is_in_modules(['interactions', 'marginal_effects'])) }}
{#- Values of users beside their numbers, where anything happened. -#}
with user_metrics as (

    select * from {{ ref('segment_experiments', 'int_analysed_user_metrics') }}
    where
        (value <> 0 or coalesce(denominator, 0) <> 0)
        and (
            {{ segment_experiments.is_computed('experiment_id', 'analysed_from') }}
            or {{ segment_experiments.is_neighbour('experiment_id', 'analysed_from') }}
        )

),

metrics as (

    select * from {{ ref('segment_experiments', 'int_metrics') }}

),

assignments as (

    select * from {{ ref('segment_experiments', 'int_joint_assignments') }}

),

final as (

    select
        assignments.user_number,
        assignments.experiment_number,
        assignments.variant_number,
        metrics.metric_number,
        assignments.analysed_from,
        user_metrics.value,
        coalesce(user_metrics.denominator, 0.0) as denominator
    from user_metrics
    inner join metrics on user_metrics.metric = metrics.metric
    inner join assignments
        on
            user_metrics.user_key = assignments.assigned_user_key
            and user_metrics.experiment_id = assignments.experiment_id

)

select * from final
