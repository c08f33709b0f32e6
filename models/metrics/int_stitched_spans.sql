{{ config(materialized='ephemeral', enabled=segment_experiments.reads_activity()) }}
{#- What is asked of single messages cannot be asked of spans; each is a span of its own then. -#}
{%- set as_of = segment_experiments.setting('as_of') -%}
{%- set reads_messages = as_of is not none or segment_experiments.has_short_retention() -%}
{%- do ref('segment_experiments', 'int_activity_spans') -%}

with identities as (

    select * from {{ ref('segment_experiments', 'identity_map') }}

),

spans as (

    {% if reads_messages -%}
    select
        {{ segment_experiments.identity_hash('messages') }} as identity_hash,
        messages.session_id,
        messages.event_at as first_at,
        messages.event_at as last_at,
        {{ segment_experiments.available_at('messages.received_at', 'messages.arrival_day') }} as available_at
    from {{ ref('segment_experiments', 'stg_segment__activity') }} as messages
    where
        not messages.is_copy
        and {{ segment_experiments.is_of_event_day('messages.arrival_day') }}
        {%- if as_of %}
        and messages.event_at <= {{ segment_experiments.timestamp_literal(as_of) }}
        {%- endif %}
    {%- else -%}
    select *
    from {{ ref('segment_experiments', 'int_activity_spans') }}
    where {{ segment_experiments.is_of_event_day('arrival_day') }}
    {%- endif %}

),

final as (

    select
        identities.user_hash,
        spans.session_id,
        spans.first_at,
        spans.last_at,
        spans.available_at
    from spans
    inner join identities
        on {{ segment_experiments.identity_join('spans', 'identities') }}

)

select * from final
