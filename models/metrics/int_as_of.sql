{%- set as_of = segment_experiments.setting('as_of') -%}

{%- if as_of %}
with final as (

    select {{ segment_experiments.timestamp_literal(as_of) }} as as_of

)
{%- else %}
with arrivals as (

    {%- for model in [
        'stg_segment__exposure_messages', 'stg_segment__identifies', 'stg_segment__aliases',
        'stg_segment__metric_events', 'stg_segment__activity'
    ] %}

    select max(received_at) as received_at
    from {{ ref('segment_experiments', model) }}
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

),

final as (

    select max(received_at) as as_of from arrivals

)
{%- endif %}

select * from final
