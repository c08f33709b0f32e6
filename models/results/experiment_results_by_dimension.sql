{{ config(enabled=segment_experiments.is_in_modules('dimensions')) }}
{%- set few = segment_experiments.setting('min_users_per_variant') -%}
with estimates as (

    select * from {{ ref('segment_experiments', 'int_slice_estimates') }}
    where slice = 'dimension'

),

{{ segment_experiments.multiplicity_ctes(
    'estimates', 'corrected', ['experiment_id', 'dimension', 'estimator'], 'p_value',
    ['metric', 'slice_value', 'variant']
) }},

final as (

    select
        experiment_id,
        metric,
        metric_type,
        dimension,
        slice_value as dimension_value,
        variant,
        control_variant,
        is_control,
        {%- for column in segment_experiments.estimate_columns() if column != 'status' %}
        {{ column }},
        {%- if column == 'relative_lift_status' %}
        p_value_holm,
        p_value_bh,
        {%- endif %}
        {%- endfor %}
        users < {{ few }} or coalesce(control_users < {{ few }}, false) as is_small_cell,
        status
    from corrected

)

select * from final
