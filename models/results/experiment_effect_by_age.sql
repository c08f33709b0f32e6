{{ config(enabled=segment_experiments.is_in_modules('effect_by_age')) }}
{%- set dropped = ['estimator', 'variance_reduction', 'status'] -%}
with estimates as (

    select * from {{ ref('segment_experiments', 'int_slice_estimates') }}
    where slice = 'phase'

),

effects as (

    select * from estimates
    where slice_value <> 'trend'

),

trends as (

    select * from estimates
    where slice_value = 'trend'

),

{{ segment_experiments.multiplicity_ctes(
    'effects', 'corrected', ['experiment_id', 'slice_value'], 'p_value', ['metric', 'variant']
) }},

final as (

    select
        corrected.experiment_id,
        corrected.metric,
        corrected.metric_type,
        corrected.variant,
        corrected.control_variant,
        corrected.is_control,
        corrected.slice_value as phase,
        cast(case corrected.slice_value
            {%- for phase in segment_experiments.phases() %}
            when '{{ phase.phase }}' then {{ loop.index }}
            {%- endfor %}
        end as {{ dbt.type_bigint() }}) as phase_number,
        {%- for column in segment_experiments.estimate_columns() if column not in dropped %}
        corrected.{{ column }},
        {%- if column == 'relative_lift_status' %}
        corrected.p_value_holm,
        corrected.p_value_bh,
        {%- endif %}
        {%- endfor %}
        trends.absolute_lift as effect_trend,
        trends.standard_error as effect_trend_standard_error,
        trends.p_value as effect_trend_p_value,
        corrected.status
    from corrected
    left join trends
        on
            corrected.experiment_id = trends.experiment_id
            and corrected.metric = trends.metric
            and corrected.variant = trends.variant

)

select * from final
