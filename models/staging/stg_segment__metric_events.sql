{{ config(**segment_experiments.by_arrival_day(['measure', 'user_id', 'anonymous_id'])) }}
{#-
    Each table is read once, with the measures (distinct counts and sums of the setting `metrics`)
    side by side; only then are they turned into rows.
-#}
{%- set sources = segment_experiments.metric_event_sources() %}

-- depends_on: {{ ref('segment_experiments', 'int_arrivals') }}
with
{%- for source in sources %}

{{ source.name }}_messages as (
    {{ source.rows }}

),

{{ source.name }}_measures as (

    {%- for measure in source.measures %}

    select
        {{ loop.index }} as measure_number,
        '{{ measure.measure }}' as measure
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

),

{{ source.name }}_events as (

    select
        messages.message_id,
        messages.event_table,
        measures.measure,
        messages.anonymous_id,
        messages.user_id,
        case measures.measure_number
            {%- for measure in source.measures %}
            when {{ loop.index }} then messages.value_{{ loop.index }}
            {%- endfor %}
        end as value,
        {%- if source.measures | rejectattr('value', 'none') | list %}
        case measures.measure_number
            {%- for measure in source.measures %}
            {%- if measure.value is not none %}
            when {{ loop.index }} then messages.unread_value_{{ loop.index }}
            {%- endif %}
            {%- endfor %}
        end as unread_value,
        {%- else %}
        cast(null as {{ segment_experiments.type_text() }}) as unread_value,
        {%- endif %}
        {%- for column in ['event_at', 'is_day'] %}
        {%- if source.measures | rejectattr('timestamp', 'equalto', 'timestamp') | list %}
        case measures.measure_number
            {%- for measure in source.measures %}
            {%- if measure.timestamp != 'timestamp' %}
            when {{ loop.index }} then messages.{{ column }}_{{ loop.index }}
            {%- endif %}
            {%- endfor %}
            else messages.{{ column }}
        end as {{ column }},
        {%- else %}
        messages.{{ column }},
        {%- endif %}
        {%- endfor %}
        messages.received_at,
        messages.content_digest,
        messages.arrival_day
    from {{ source.name }}_messages as messages
    cross join {{ source.name }}_measures as measures

),
{%- endfor %}

united as (

    {%- for source in sources %}

    select * from {{ source.name }}_events
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- else %}

    select
        cast(null as {{ segment_experiments.type_text() }}) as message_id,
        cast(null as {{ segment_experiments.type_text() }}) as event_table,
        cast(null as {{ segment_experiments.type_text() }}) as measure,
        cast(null as {{ segment_experiments.type_text() }}) as anonymous_id,
        cast(null as {{ segment_experiments.type_text() }}) as user_id,
        cast(null as {{ segment_experiments.type_double() }}) as value,
        cast(null as {{ segment_experiments.type_text() }}) as unread_value,
        cast(null as {{ dbt.type_timestamp() }}) as event_at,
        false as is_day,
        cast(null as {{ dbt.type_timestamp() }}) as received_at,
        cast(null as {{ segment_experiments.type_text() }}) as content_digest,
        cast(null as date) as arrival_day
    from (select 1 as nothing) as no_table
    where nothing = 0
    {%- endfor %}

),

judged as (

    select
        united.*,
        case
            when anonymous_id is null and user_id is null then 'no_id'
            when event_at >= {{ segment_experiments.earliest_credible_time() }} then null
            else 'no_time'
        end as rejection_reason
    from united
    where value is not null

),

{{ segment_experiments.marked_copies_ctes(
    'judged', 'deliveries', ['measure'], ['event_at', 'value'], 'rejection_reason is null'
) }},

final as (

    select
        message_id,
        event_table,
        measure,
        anonymous_id,
        user_id,
        {{ segment_experiments.identity_hash('deliveries') }} as identity_hash,
        value,
        unread_value,
        event_at,
        is_day,
        received_at,
        content_digest,
        arrival_day,
        rejection_reason,
        is_copy
    from deliveries

)

select * from final
