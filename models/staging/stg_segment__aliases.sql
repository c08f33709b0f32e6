{{ config(**segment_experiments.by_arrival_day(['user_id'])) }}
{%- set columns = segment_experiments.raw_columns({'event': 'aliases'}) %}
-- depends_on: {{ ref('segment_experiments', 'int_arrivals') }}
with messages as (
    {% set rows = segment_experiments.staging_rows({'event': 'aliases'}, fields=[
        ['previous_id', segment_experiments.column_as_identifier(columns, 'previous_id')]
    ]) %}
    {{ rows or segment_experiments.no_staging_rows([['previous_id', segment_experiments.type_text()]]) }}

),

final as (

    select
        message_id,
        event_table,
        previous_id,
        user_id,
        anonymous_id,
        event_at as aliased_at,
        received_at,
        arrival_day
    from messages
    where user_id is not null or anonymous_id is not null or previous_id is not null

)

select * from final
