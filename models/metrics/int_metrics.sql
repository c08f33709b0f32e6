{{ config(materialized='view') }}
{%- set as_text = namespace(null='cast(null as ' ~ segment_experiments.type_text() ~ ')') -%}

with final as (

    {%- for metric in segment_experiments.metrics() %}

    select
        '{{ metric.name }}' as metric,
        {{ loop.index }} as metric_number,
        '{{ metric.type }}' as metric_type,
        {{ "'" ~ metric.measure ~ "'" if metric.measure else as_text.null }} as measure,
        {{ "'" ~ metric.numerator ~ "'" if metric.numerator else as_text.null }} as numerator,
        {{ "'" ~ metric.denominator ~ "'" if metric.denominator else as_text.null }}
            as denominator,
        cast({{ metric.delay_days * 86400 }} as {{ segment_experiments.type_double() }}) as delay_seconds,
        cast({{ metric.window_days * 86400 }} as {{ segment_experiments.type_double() }}) as window_seconds,
        cast({{ metric.covariate_days * 86400 }} as {{ segment_experiments.type_double() }}) as covariate_seconds,
        cast({{ (metric.delay_days + metric.window_days) * 86400 if metric.mature_only else 0 }}
            as {{ segment_experiments.type_double() }}) as maturity_seconds,
        {{ metric.mature_only | lower }} as is_mature_only,
        {{ segment_experiments.required_level(metric) }} as required_level,
        {%- if metric.cap_percentile is none %}
        cast(null as {{ segment_experiments.type_double() }}) as cap_percentile,
        {%- else %}
        {{ segment_experiments.float_literal(metric.cap_percentile) }} as cap_percentile,
        {%- endif %}
        {{ metric.cap_zeros | lower }} as cap_zeros,
        '{{ metric.direction }}' as direction,
        {{ segment_experiments.float_literal(metric.minimum_effect) }} as minimum_effect,
        {%- if metric.margin is none %}
        cast(null as {{ segment_experiments.type_double() }}) as margin,
        {%- else %}
        {{ segment_experiments.float_literal(metric.margin) }} as margin,
        {%- endif %}
        {{ segment_experiments.string_literal(metric.label or metric.name) }} as label,
        {{ segment_experiments.string_literal(metric.unit) if metric.unit else as_text.null }} as unit
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- else %}

    select
        {%- for name in ['metric', 'metric_type', 'measure', 'numerator', 'denominator'] %}
        {{ as_text.null }} as {{ name }},
        {%- endfor %}
        {%- for name in ['delay_seconds', 'window_seconds', 'covariate_seconds'] %}
        cast(null as {{ segment_experiments.type_double() }}) as {{ name }},
        {%- endfor %}
        cast(null as {{ segment_experiments.type_double() }}) as maturity_seconds,
        true as is_mature_only,
        0 as metric_number,
        0 as required_level,
        cast(null as {{ segment_experiments.type_double() }}) as cap_percentile,
        true as cap_zeros,
        {{ as_text.null }} as direction,
        cast(null as {{ segment_experiments.type_double() }}) as minimum_effect,
        cast(null as {{ segment_experiments.type_double() }}) as margin,
        {{ as_text.null }} as label,
        {{ as_text.null }} as unit
    from (select 1 as nothing) as no_metric
    where nothing = 0
    {%- endfor %}

)

select * from final
