{%- set slice_keys = segment_experiments.slice_keys() -%}
{%- set arms = ['whole_arms'] -%}
with variants as (

    select * from {{ ref('segment_experiments', 'int_experiment_variants') }}
    where has_assignments

),

metrics as (

    select * from {{ ref('segment_experiments', 'int_metrics') }}

),

sums as (

    select * from {{ ref('segment_experiments', 'int_metric_sums') }}

),

slice_users as (

    select
        experiment_id,
        {%- for key in slice_keys %}
        {{ key }},
        {%- endfor %}
        variant,
        is_mature_only,
        maturity_seconds,
        sum(users) as users
    from {{ ref('segment_experiments', 'int_slice_users') }}
    group by experiment_id, {{ slice_keys | join(', ') }}, variant, is_mature_only, maturity_seconds

),

whole_slices as (

    select
        'overall' as slice,
        '' as slice_value
    {%- if segment_experiments.is_in_modules('effect_by_age') %}

    union all

    select
        'phase' as slice,
        phases.phase as slice_value
    from (
        {{ segment_experiments.phase_rows() }}
    ) as phases
    {%- endif %}

),

-- Every variant has a row for every metric, whether anything happened or not.
whole_arms as (

    select
        variants.experiment_id,
        metrics.metric,
        whole_slices.slice,
        '' as dimension,
        whole_slices.slice_value,
        cast(null as date) as date_day,
        variants.variant,
        variants.control_variant,
        variants.is_control
    from variants
    cross join metrics
    cross join whole_slices
    where
        whole_slices.slice_value <> 'trend'
        or not {{ segment_experiments.is_ratio('metrics.metric_type') }}

),

{% if segment_experiments.is_in_modules('daily') -%}
{%- do arms.append('day_arms') -%}
day_arms as (

    select
        daily_variants.experiment_id,
        metrics.metric,
        'date' as slice,
        '' as dimension,
        {{ segment_experiments.day_text('daily_variants.date_day') }} as slice_value,
        daily_variants.date_day,
        daily_variants.variant,
        daily_variants.control_variant,
        daily_variants.is_control
    from {{ ref('segment_experiments', 'int_daily_variants') }} as daily_variants
    cross join metrics

),

{% endif -%}
{% if segment_experiments.is_in_modules('dimensions') -%}
{%- do arms.append('dimension_arms') -%}
-- Where no user of any variant has a value there is nothing to compare, and of all combinations of
-- values and metrics these would be most.
shown_values as (

    select distinct
        experiment_id,
        metric,
        {{ slice_keys | join(', ') }}
    from sums
    where slice = 'dimension'

),

dimension_arms as (

    select
        variants.experiment_id,
        shown_values.metric,
        {%- for key in slice_keys %}
        shown_values.{{ key }},
        {%- endfor %}
        cast(null as date) as date_day,
        variants.variant,
        variants.control_variant,
        variants.is_control
    from variants
    inner join shown_values on variants.experiment_id = shown_values.experiment_id

),

{% endif -%}
all_arms as (

    {%- for relation in arms %}

    select * from {{ relation }}
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

),

arms as (

    select
        all_arms.*,
        metrics.metric_type,
        metrics.minimum_effect,
        cast(coalesce(slice_users.users, 0) as {{ dbt.type_bigint() }}) as users
    from all_arms
    inner join metrics on all_arms.metric = metrics.metric
    left join slice_users
        on
            {{ segment_experiments.same(
                'all_arms', 'slice_users', ['experiment_id', 'variant'] + slice_keys
            ) }}
            and metrics.is_mature_only = slice_users.is_mature_only
            and metrics.maturity_seconds = slice_users.maturity_seconds

),

{{ segment_experiments.sufficient_statistics_ctes(
    'sums', 'arms', 'statistics', ['experiment_id', 'metric'] + slice_keys
) }},

final as (

    select
        experiment_id,
        metric,
        metric_type,
        {%- for key in slice_keys %}
        {{ key }},
        {%- endfor %}
        date_day,
        variant,
        control_variant,
        is_control,
        minimum_effect,
        {%- for column in segment_experiments.statistics_columns() %}
        {{ column }},
        {%- endfor %}
        total
    from statistics

)

select * from final
