{%- set alpha = 1 - segment_experiments.setting('confidence_level') -%}

with arms as (

    select * from {{ ref('segment_experiments', 'int_metric_statistics') }}

),

metrics as (

    select * from {{ ref('segment_experiments', 'int_metrics') }}

),

sample_ratios as (

    select * from {{ ref('segment_experiments', 'int_sample_ratio') }}

),

experiments as (

    select * from {{ ref('segment_experiments', 'mart_experiments') }}

),

as_of as (

    select * from {{ ref('segment_experiments', 'int_as_of') }}

),

{{ segment_experiments.compare_to_control_ctes('arms', 'compared', ['experiment_id', 'metric']) }},

-- Smallest relative lift that would be found with the wanted power at the present numbers.
powered as (

    select
        compared.*,
        case
            when control_mean <> 0
                then {{ segment_experiments.detectable_effect(
                    'standard_error', 'control_mean'
                ) }}
        end as minimum_detectable_effect
    from compared

),

judged as (

    select
        powered.experiment_id,
        powered.metric,
        arms.metric_type,
        powered.variant,
        arms.control_variant,
        powered.is_control,
        'unadjusted' as estimator,
        powered.users,
        arms.total,
        powered.mean,
        powered.variance,
        powered.control_users,
        powered.control_mean,
        powered.absolute_lift,
        powered.standard_error,
        powered.degrees_of_freedom,
        powered.t_statistic,
        powered.p_value,
        powered.absolute_lift_lower,
        powered.absolute_lift_upper,
        powered.relative_lift,
        powered.relative_lift_lower,
        powered.relative_lift_upper,
        powered.relative_lift_status,
        powered.p_value < {{ alpha }} as is_significant,
        powered.minimum_detectable_effect,
        sample_ratios.srm_p_value,
        {{ segment_experiments.verdict(
            is_control='powered.is_control',
            p_value='powered.p_value',
            lift='powered.absolute_lift',
            direction='metrics.direction',
            minimum_detectable_effect='powered.minimum_detectable_effect',
            minimum_effect='metrics.minimum_effect',
            srm_p_value='sample_ratios.srm_p_value',
            crossover_users='experiments.crossover_users',
            all_users='experiments.users + experiments.excluded_users'
        ) }} as verdict,
        powered.status
    from powered
    inner join arms
        on
            powered.experiment_id = arms.experiment_id
            and powered.metric = arms.metric
            and powered.variant = arms.variant
    inner join metrics on powered.metric = metrics.metric
    inner join experiments on powered.experiment_id = experiments.experiment_id
    left join sample_ratios on powered.experiment_id = sample_ratios.experiment_id

),

final as (

    select
        judged.*,
        as_of.as_of
    from judged
    cross join as_of

)

select * from final
