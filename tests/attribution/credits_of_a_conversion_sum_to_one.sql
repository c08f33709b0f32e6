{{ config(
    enabled=segment_experiments.is_in_modules('attribution'),
    description="In each model the credits of a user's conversions sum to their number: what the first touches got."
) }}
{%- set attribution_models = segment_experiments.attribution_models() -%}
with users as (

    select
        user_key,
        metric,
        {%- for model in attribution_models %}
        sum({{ model }}_conversions) as {{ model }}_conversions{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('segment_experiments', 'int_user_attribution') }}
    group by user_key, metric

)

select *
from users
where
    {%- for model in attribution_models[1:] %}
    {{ 'or ' if not loop.first }}abs({{ model }}_conversions - first_touch_conversions)
    > 1e-6 * first_touch_conversions
    {%- endfor %}
    or first_touch_conversions < 1
    or first_touch_conversions <> floor(first_touch_conversions)
