with estimates as (

    select * from {{ ref('segment_experiments', 'int_metric_estimates') }}

),

metrics as (

    select * from {{ ref('segment_experiments', 'int_metrics') }}

),

experiment_metrics as (

    select * from {{ ref('segment_experiments', 'int_experiment_metrics') }}

),

experiments as (

    select * from {{ ref('segment_experiments', 'mart_experiments') }}

),

sample_ratios as (

    select * from {{ ref('segment_experiments', 'int_sample_ratio') }}

),

health as (

    select * from {{ ref('segment_experiments', 'experiment_health') }}

),

times as (

    select * from {{ ref('segment_experiments', 'int_experiment_times') }}

),

failed as (

    select distinct experiment_id
    from health
    where status = 'fail'

),

{{ segment_experiments.multiplicity_ctes(
    'estimates', 'corrected', ['experiment_id', 'estimator'], 'p_value', ['metric', 'variant']
) }},

with_roles as (

    select
        corrected.*,
        metrics.direction,
        metrics.minimum_effect,
        experiment_metrics.metric_role,
        experiment_metrics.guardrail_margin
    from corrected
    inner join metrics on corrected.metric = metrics.metric
    left join experiment_metrics
        on
            corrected.experiment_id = experiment_metrics.experiment_id
            and corrected.metric = experiment_metrics.metric

),

{{ segment_experiments.guardrail_ctes(
    'with_roles', 'guarded', ['experiment_id', 'metric', 'variant', 'estimator']
) }},

final as (

    select
        guarded.experiment_id,
        guarded.metric,
        guarded.metric_type,
        guarded.variant,
        guarded.control_variant,
        guarded.is_control,
        {%- for column in segment_experiments.estimate_columns() if column != 'status' %}
        guarded.{{ column }},
        {%- if column == 'relative_lift_status' %}
        guarded.p_value_holm,
        guarded.p_value_bh,
        {%- endif %}
        {%- endfor %}
        sample_ratios.srm_p_value,
        {%- for column, has_ended in [
            ('verdict', 'coalesce(experiments.has_reached_end, false)'), ('verdict_at_end', 'true')
        ] %}
        {{ segment_experiments.verdict(
            is_control='guarded.is_control',
            has_ended=has_ended,
            p_value='guarded.p_value',
            sequential_p_value='guarded.sequential_p_value',
            lift='guarded.absolute_lift',
            direction='guarded.direction',
            minimum_detectable_effect='guarded.minimum_detectable_effect',
            minimum_effect='guarded.minimum_effect',
            has_failed_check='failed.experiment_id is not null'
        ) }} as {{ column }},
        {%- endfor %}
        guarded.metric_role,
        guarded.guardrail_margin,
        guarded.guardrail_p_value,
        guarded.guardrail_bound,
        {{ segment_experiments.guardrail_state(
            guardrail_margin='guarded.guardrail_margin',
            guardrail_p_value='guarded.guardrail_p_value',
            has_ended='coalesce(experiments.has_reached_end, false)',
            p_value='guarded.p_value',
            sequential_p_value='guarded.sequential_p_value',
            sequential_relative_lower='guarded.sequential_relative_lower',
            sequential_relative_upper='guarded.sequential_relative_upper',
            lift='guarded.absolute_lift',
            direction='guarded.direction'
        ) }} as guardrail_state,
        guarded.status,
        times.as_of
    from guarded
    left join experiments on guarded.experiment_id = experiments.experiment_id
    left join sample_ratios on guarded.experiment_id = sample_ratios.experiment_id
    left join failed on guarded.experiment_id = failed.experiment_id
    left join times on guarded.experiment_id = times.experiment_id

)

select * from final
