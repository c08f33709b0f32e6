{{ config(enabled=segment_experiments.is_in_modules('attribution')) }}
{%- set attribution_models = segment_experiments.attribution_models() %}
with variants as (

    select * from {{ ref('segment_experiments', 'int_experiment_variants') }}
    where has_assignments

),

metrics as (

    select * from {{ ref('segment_experiments', 'int_metrics') }}
    where {{ segment_experiments.is_of_type(
        'metric_type', ['conversion', 'count', 'sum'], ['ratio', 'retention']
    ) }}

),

attribution_models as (

    {%- for model in attribution_models %}

    select '{{ model }}' as attribution_model
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

),

totals as (

    select * from {{ ref('segment_experiments', 'int_attribution_totals') }}

),

-- Every variant has a row for every metric and model, whether it has a credit or not.
final as (

    select
        metrics.metric,
        variants.experiment_id,
        variants.variant,
        variants.is_control,
        attribution_models.attribution_model,
        variants.users,
        coalesce({{ segment_experiments.of_attribution_model('totals', 'conversions') }}, 0.0)
            as attributed_conversions,
        coalesce({{ segment_experiments.of_attribution_model('totals', 'value') }}, 0.0)
            as attributed_value
    from variants
    cross join metrics
    cross join attribution_models
    left join totals
        on
            metrics.metric = totals.metric
            and variants.experiment_id = totals.experiment_id
            and variants.variant = totals.variant

)

select * from final
