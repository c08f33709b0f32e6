{{ config(**segment_experiments.by_arrival_day(['user_id'])) }}
{%- set rows = [] -%}
{%- for raw_table in segment_experiments.raw_tables_of({'event': 'aliases'}) -%}
    {%- do rows.append(segment_experiments.staging_rows(raw_table, fields=[['previous_id',
        segment_experiments.column_as_identifier(segment_experiments.raw_columns(raw_table), 'previous_id')
    ]])) -%}
{%- endfor %}
-- depends_on: {{ ref('segment_experiments', 'int_arrivals') }}
with all_messages as (
    {{ segment_experiments.united_rows(rows, [['previous_id', segment_experiments.type_text()]]) }}

),

messages as (

    select * from all_messages
    where user_id is not null or anonymous_id is not null or previous_id is not null

),

{{ segment_experiments.marked_copies_ctes('messages', 'deliveries', [], ['event_at', 'previous_id']) }},

final as (

    select
        message_id,
        event_table,
        previous_id,
        user_id,
        anonymous_id,
        event_at as aliased_at,
        received_at,
        arrival_day,
        is_copy
    from deliveries

)

select * from final
