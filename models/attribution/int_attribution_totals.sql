{{ config(
    enabled=segment_experiments.is_in_modules('attribution'), **segment_experiments.by_experiment(is_shared=true)
) }}
{#- Another experiment can take credit from one that is not computed itself. -#}
{%- set attribution_models = segment_experiments.attribution_models() %}

with user_attribution as (

    select * from {{ ref('segment_experiments', 'int_user_attribution') }}
    where {{ segment_experiments.is_open_or_computed('experiment_id') }}

),

final as (

    select
        metric,
        experiment_id,
        {%- for model in attribution_models %}
        sum({{ model }}_conversions) as {{ model }}_conversions,
        sum({{ model }}_value) as {{ model }}_value,
        {%- endfor %}
        variant
    from user_attribution
    group by metric, experiment_id, variant

)

select * from final
