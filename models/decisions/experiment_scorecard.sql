with results as (

    select * from {{ ref('segment_experiments', 'experiment_results') }}

),

metrics as (

    select * from {{ ref('segment_experiments', 'int_metrics') }}

),

experiments as (

    select * from {{ ref('segment_experiments', 'mart_experiments') }}

),

ranked as (

    select
        results.*,
        row_number() over (
            partition by experiment_id, metric, variant
            order by case
                when estimator = 'cuped' and variance_reduction > 0 then 1
                when estimator = 'unadjusted' then 2
                else 3
            end
        ) as reading_rank
    from results
    where not is_control

),

final as (

    select
        ranked.experiment_id,
        ranked.metric,
        metrics.label,
        metrics.unit,
        ranked.metric_type,
        metrics.direction,
        ranked.metric_role,
        ranked.variant,
        ranked.control_variant,
        ranked.estimator,
        ranked.users,
        ranked.control_users,
        ranked.mean,
        ranked.control_mean,
        ranked.absolute_lift,
        ranked.relative_lift,
        case when experiments.has_reached_end then 'ordinary' else 'sequential' end as interval_type,
        {%- for column, ordinary, sequential in [
            ('interval_lower', 'absolute_lift_lower', 'sequential_lower'),
            ('interval_upper', 'absolute_lift_upper', 'sequential_upper'),
            ('relative_interval_lower', 'relative_lift_lower', 'sequential_relative_lower'),
            ('relative_interval_upper', 'relative_lift_upper', 'sequential_relative_upper'),
            ('p_value', 'p_value', 'sequential_p_value')
        ] %}
        case
            when experiments.has_reached_end then ranked.{{ ordinary }}
            else ranked.{{ sequential }}
        end as {{ column }},
        {%- endfor %}
        ranked.minimum_detectable_effect,
        ranked.guardrail_margin,
        ranked.guardrail_p_value,
        ranked.guardrail_bound,
        ranked.guardrail_state,
        experiments.status as experiment_status,
        ranked.verdict,
        ranked.verdict_at_end,
        ranked.status,
        ranked.as_of
    from ranked
    inner join metrics on ranked.metric = metrics.metric
    left join experiments on ranked.experiment_id = experiments.experiment_id
    where ranked.reading_rank = 1

)

select * from final
