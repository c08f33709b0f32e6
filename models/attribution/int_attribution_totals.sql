{{ config(
    enabled=segment_experiments.is_in_modules('attribution'), **segment_experiments.by_experiment(is_shared=true)
) }}
{#-
    A touch is the assignment to an experiment, once for each: how often a page sends the event again
    is no merit of the variant. Experiments that are not computed have their part in the credit, and one that
    is computed can take credit from another that is open.
-#}
{%- set lookback = segment_experiments.attribution().lookback_days * 86400 -%}
{%- set settling_time = segment_experiments.settling_time() -%}
{%- set conversion = ['user_key', 'measure', 'event_at', 'available_at'] %}
with analysed as (

    select
        assignments.*,
        times.settled_at
    from {{ ref('segment_experiments', 'int_current_assignments') }} as assignments
    inner join {{ ref('segment_experiments', 'int_experiment_times') }} as times
        on assignments.experiment_id = times.experiment_id

),

metrics as (

    select * from {{ ref('segment_experiments', 'int_metrics') }}
    where {{ segment_experiments.is_of_type(
        'metric_type', ['conversion', 'count', 'sum'], ['ratio', 'retention']
    ) }}

),

events as (

    {{ segment_experiments.shared_rows('events') }}
    where shared.measure in (select metrics.measure from metrics)

),

{{ segment_experiments.variant_numbers_ctes('int_current_assignments') }},

{{ segment_experiments.numbered_by_variant_cte(
    'analysed', 'touches', ['user_key', 'analysed_from', 'settled_at']
) }},

-- Events of the same time have the same touches.
conversions as (

    select
        user_hash,
        measure,
        event_at,
        available_at,
        count(*) as conversions,
        sum(value) as value
    from events
    group by user_hash, measure, event_at, available_at

),

touched as (

    select
        touches.user_key,
        conversions.measure,
        conversions.event_at,
        conversions.available_at,
        conversions.conversions,
        conversions.value,
        touches.variant_number,
        touches.analysed_from
    from conversions
    inner join touches
        on
            conversions.user_hash = {{ segment_experiments.integer_hash('touches.user_key') }}
            and conversions.event_at >= touches.analysed_from
            and conversions.event_at
            < {{ segment_experiments.add_seconds('touches.analysed_from', lookback) }}
            and {{ segment_experiments.is_in_time('conversions.available_at', 'touches') }}

),

{{ segment_experiments.attribution_credits_ctes(
    'touched', 'credited', conversion
) }},

-- Of each conversion the first touch has the one before.
ordered as (

    select
        credited.*,
        case
            when touch_number = 1
                then lag(event_at) over (
                    partition by user_key, measure, touch_number order by event_at, available_at
                )
        end as event_before_at
    from credited

),

numbered as (

    select
        {%- for column in conversion %}
        {{ column }},
        {%- endfor %}
        {%- for model in segment_experiments.attribution_models() %}
        {{ model }}_credit,
        {%- endfor %}
        conversions,
        value,
        variant_number,
        max(event_before_at) over (partition by {{ conversion | join(', ') }}) as event_before_at
    from ordered

),

-- In a metric of the type `conversion` a user converts once in the time in which experiments settle.
counted as (

    select
        numbered.variant_number,
        metrics.metric_number,
        {%- for model in segment_experiments.attribution_models() %}
        numbered.{{ model }}_credit,
        {%- endfor %}
        case when metrics.metric_type = 'conversion' then 1 else numbered.conversions end
            as conversions,
        case
            when metrics.metric_type = 'conversion' then {{ segment_experiments.float_literal(1) }}
            else numbered.value
        end as value
    from numbered
    inner join metrics on numbered.measure = metrics.measure
    where
        metrics.metric_type <> 'conversion'
        or numbered.event_before_at is null
        {%- if settling_time is not none %}
        or numbered.event_at >= {{ segment_experiments.add_seconds(
            'numbered.event_before_at', settling_time
        ) }}
        {%- endif %}

),

summed as (

    select
        variant_number,
        {%- for model in segment_experiments.attribution_models() %}
        sum({{ model }}_credit * conversions) as {{ model }}_conversions,
        sum({{ model }}_credit * value) as {{ model }}_value,
        {%- endfor %}
        metric_number
    from counted
    group by variant_number, metric_number

),

final as (

    select
        metrics.metric,
        variants.experiment_id,
        {%- for model in segment_experiments.attribution_models() %}
        summed.{{ model }}_conversions,
        summed.{{ model }}_value,
        {%- endfor %}
        variants.variant
    from summed
    inner join variants on summed.variant_number = variants.variant_number
    inner join metrics on summed.metric_number = metrics.metric_number
    where {{ segment_experiments.is_open_or_computed('variants.experiment_id') }}

)

select * from final
