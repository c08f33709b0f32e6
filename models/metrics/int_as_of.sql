{%- set as_of = segment_experiments.setting('as_of') -%}

{%- if as_of %}
with final as (

    select {{ segment_experiments.timestamp_literal(as_of) }} as as_of

)
{%- else %}
with days as (

    select * from {{ ref('segment_experiments', 'int_received_days') }}

),

final as (

    select max(last_received_at) as as_of from days

)
{%- endif %}

select * from final
