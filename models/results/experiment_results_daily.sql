{{ config(enabled=segment_experiments.is_in_modules('daily')) }}
with estimates as (

    select * from {{ ref('segment_experiments', 'int_slice_estimates') }}
    where slice = 'date'

),

variants as (

    select * from {{ ref('segment_experiments', 'int_daily_variants') }}

),

{{ segment_experiments.multiplicity_ctes(
    'estimates', 'corrected', ['experiment_id', 'date_day', 'estimator'], 'p_value',
    ['metric', 'variant']
) }},

{{ segment_experiments.sample_ratio_ctes(
    'variants', 'sample_ratios', ['experiment_id', 'date_day']
) }},

final as (

    select
        corrected.experiment_id,
        corrected.metric,
        corrected.metric_type,
        corrected.variant,
        corrected.control_variant,
        corrected.is_control,
        corrected.date_day as date,
        {%- for column in segment_experiments.estimate_columns() if column != 'status' %}
        corrected.{{ column }},
        {%- if column == 'relative_lift_status' %}
        corrected.p_value_holm,
        corrected.p_value_bh,
        {%- endif %}
        {%- endfor %}
        sample_ratios.p_value as srm_p_value,
        corrected.status
    from corrected
    left join sample_ratios
        on
            corrected.experiment_id = sample_ratios.experiment_id
            and corrected.date_day = sample_ratios.date_day

)

select * from final
