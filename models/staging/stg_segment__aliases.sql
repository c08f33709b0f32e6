{%- set columns = segment_experiments.raw_columns({'event': 'aliases'}) -%}

with messages as (
    {% set rows = segment_experiments.staging_rows({'event': 'aliases'}, fields=[
        ['previous_id', segment_experiments.column_as_identifier(columns, 'previous_id')]
    ]) %}
    {{ rows or segment_experiments.no_staging_rows([['previous_id', dbt.type_string()]]) }}

),

deliveries as (

    select
        messages.*,
        {{ segment_experiments.delivery_number([
            'event_at', 'user_id', 'previous_id'
        ]) }} as delivery_number
    from messages
    where user_id is not null or anonymous_id is not null or previous_id is not null

),

final as (

    select
        message_id,
        previous_id,
        user_id,
        anonymous_id,
        event_at as aliased_at,
        received_at
    from deliveries
    where delivery_number = 1

)

select * from final
