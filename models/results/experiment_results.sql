with estimates as (

    select * from {{ ref('segment_experiments', 'int_metric_estimates') }}

),

metrics as (

    select * from {{ ref('segment_experiments', 'int_metrics') }}

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

final as (

    select
        corrected.experiment_id,
        corrected.metric,
        corrected.metric_type,
        corrected.variant,
        corrected.control_variant,
        corrected.is_control,
        {%- for column in segment_experiments.estimate_columns() if column != 'status' %}
        corrected.{{ column }},
        {%- if column == 'relative_lift_status' %}
        corrected.p_value_holm,
        corrected.p_value_bh,
        {%- endif %}
        {%- endfor %}
        sample_ratios.srm_p_value,
        {%- for column, has_ended in [
            ('verdict', "coalesce(experiments.status = 'concluded', false)"), ('verdict_at_end', 'true')
        ] %}
        {{ segment_experiments.verdict(
            is_control='corrected.is_control',
            has_ended=has_ended,
            p_value='corrected.p_value',
            sequential_p_value='corrected.sequential_p_value',
            lift='corrected.absolute_lift',
            direction='metrics.direction',
            minimum_detectable_effect='corrected.minimum_detectable_effect',
            minimum_effect='metrics.minimum_effect',
            has_failed_check='failed.experiment_id is not null'
        ) }} as {{ column }},
        {%- endfor %}
        corrected.status,
        times.as_of
    from corrected
    inner join metrics on corrected.metric = metrics.metric
    left join experiments on corrected.experiment_id = experiments.experiment_id
    left join sample_ratios on corrected.experiment_id = sample_ratios.experiment_id
    left join failed on corrected.experiment_id = failed.experiment_id
    left join times on corrected.experiment_id = times.experiment_id

)

select * from final
