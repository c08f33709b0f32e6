{{ config(enabled=segment_experiments.is_in_modules('audits'), materialized='ephemeral') }}
{%- set findings = segment_experiments.metric_findings() %}

with arrivals as (

    select * from {{ ref('segment_experiments', 'int_metric_audit') }}

),

metrics as (

    select
        metric,
        measure
    from {{ ref('segment_experiments', 'int_metrics') }}
    where measure is not null

),

metric_counts as (

    select
        coalesce(sum(arrivals.deliveries), 0) as deliveries,
        {%- for name in findings %}
        coalesce(sum(arrivals.{{ name }}), 0) as {{ name }},
        min(arrivals.{{ name }}_first) as {{ name }}_first,
        max(arrivals.{{ name }}_last) as {{ name }}_last,
        min(arrivals.{{ name }}_example) as {{ name }}_example,
        {%- endfor %}
        metrics.metric
    from metrics
    left join arrivals on metrics.measure = arrivals.measure
    group by metrics.metric

),

final as (

    {%- for name in findings %}

    select
        'metric_{{ name }}' as check_name,
        cast(null as {{ segment_experiments.type_text() }}) as experiment_id,
        metric,
        {{ name }} as affected_rows,
        deliveries as total_rows,
        {{ name }}_first as first_seen_at,
        {{ name }}_last as last_seen_at,
        {{ name }}_example as example
    from metric_counts
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

)

select * from final
