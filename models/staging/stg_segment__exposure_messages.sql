{{ config(**segment_experiments.by_arrival_day(['experiment_id', 'user_id', 'anonymous_id'])) }}
{#- Tables that do not exist yet are skipped; with none at all the model is empty. -#}
{%- set dimensions = segment_experiments.assignment_dimensions() -%}
{%- set existing = segment_experiments.existing_exposure_tables() %}
-- depends_on: {{ ref('segment_experiments', 'int_arrivals') }}

with names as (

    select * from {{ ref('segment_experiments', 'int_exposure_names') }}

),

messages as (

    {%- for event in existing %}
    {%- set columns = event.columns %}
    {%- set received_at = segment_experiments.first_column_as_timestamp(
        columns, segment_experiments.receipt_columns()
    ) %}

    select
        {{ segment_experiments.message_key(columns, [
            segment_experiments.column_as_text(columns, 'anonymous_id'),
            segment_experiments.column_as_text(columns, 'user_id'),
            segment_experiments.first_column_as_text(
                columns, segment_experiments.experiment_columns(event)
            ),
            segment_experiments.first_column_as_text(columns, segment_experiments.variant_columns(event)),
            segment_experiments.column_as_text(columns, 'timestamp')
        ]) }} as message_id,
        '{{ event.name }}' as event_table,
        {{ segment_experiments.first_column_as_identifier(columns, event.anonymous_id) }}
            as anonymous_id,
        {{ segment_experiments.column_as_identifier(columns, 'user_id') }} as user_id,
        {%- for alias, expression in segment_experiments.sent_names(event, columns) %}
        {{ expression }} as {{ alias }},
        {%- endfor %}
        {{ 'true' if event.is_name_shown else 'false' }} as is_name_shown,
        {%- for name, candidates in dimensions.items() %}
        {{ segment_experiments.first_column_as_text(columns, candidates) }} as {{ name }},
        {%- endfor %}
        {%- set assigned_at = segment_experiments.first_column_as_moment(columns, event.assigned_at) %}
        {{ assigned_at.time }} as assigned_at_property,
        {{ assigned_at.is_day }} as is_assigned_on_a_day,
        {{ segment_experiments.column_as_timestamp(columns, 'timestamp') }} as event_timestamp,
        {{ segment_experiments.column_as_timestamp(columns, 'original_timestamp') }}
            as original_timestamp,
        {{ received_at }} as received_at,
        {{ segment_experiments.has_value(columns, event.ignore) }} as is_ignored,
        {{ segment_experiments.arrival_day(event.raw_table, columns) }} as arrival_day
    from {{ event.relation }} as raw_rows
    where {{ segment_experiments.is_pending_arrival(event.raw_table, columns) }}
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- else %}

    select
        {%- for name in ['message_id', 'event_table', 'anonymous_id', 'user_id'] %}
        cast(null as {{ segment_experiments.type_text() }}) as {{ name }},
        {%- endfor %}
        {%- for name in segment_experiments.sent_columns() + dimensions.keys() | list %}
        cast(null as {{ segment_experiments.type_text() }}) as {{ name }},
        {%- endfor %}
        false as is_name_shown,
        cast(null as {{ dbt.type_timestamp() }}) as assigned_at_property,
        false as is_assigned_on_a_day,
        cast(null as {{ dbt.type_timestamp() }}) as event_timestamp,
        cast(null as {{ dbt.type_timestamp() }}) as original_timestamp,
        cast(null as {{ dbt.type_timestamp() }}) as received_at,
        false as is_ignored,
        cast(null as date) as arrival_day
    from (select 1 as nothing) as no_exposure_table
    where nothing = 0
    {%- endfor %}

),

-- What the ids and names of a message mean; without other messages, what it says itself.
named as (

    select
        messages.*,
        coalesce(
            names.experiment_id,
            case when messages.is_name_shown then messages.sent_experiment_name end,
            messages.sent_experiment_id,
            messages.sent_experiment_name
        ) as experiment_id,
        coalesce(names.variant, messages.sent_variant, messages.sent_variant_id) as variant
    from messages
    left join names
        on {{ segment_experiments.exposure_name_join('messages', 'names') }}

),

timed as (

    select
        named.*,
        {{ segment_experiments.credible_exposure_time(
            'event_timestamp', 'received_at'
        ) }} as exposed_at
    from named

),

assigned as (

    select
        timed.*,
        {{ segment_experiments.is_credible_assignment_time(
            'assigned_at_property', 'is_assigned_on_a_day', 'exposed_at', 'received_at', 'event_timestamp',
            'original_timestamp'
        ) }} as is_property_credible
    from timed

),

judged as (

    select
        assigned.*,
        case when is_property_credible then assigned_at_property else exposed_at end
            as assigned_at,
        case when is_property_credible then 'property' else 'event' end as assigned_at_source,
        case
            when is_ignored then 'ignored'
            when anonymous_id is null and user_id is null then 'no_id'
            when experiment_id is null then 'no_experiment'
            when variant is null then 'no_variant'
        end as rejection_reason
    from assigned

),

{{ segment_experiments.marked_copies_ctes(
    'judged', 'deliveries', [], segment_experiments.exposure_content(), 'rejection_reason is null'
) }},

final as (

    select
        message_id,
        event_table,

        -- ids
        anonymous_id,
        user_id,
        {{ segment_experiments.identity_hash('deliveries') }} as identity_hash,
        experiment_id,
        variant,

        -- dimensions
        {%- for name in dimensions %}
        {{ name }},
        {%- endfor %}

        -- times
        assigned_at,
        assigned_at_source,
        assigned_at_property,
        is_assigned_on_a_day,
        exposed_at,
        received_at,
        arrival_day,

        -- findings
        rejection_reason,
        {{ segment_experiments.is_clock_wrong('event_timestamp', 'original_timestamp') }}
            as is_clock_wrong,
        is_copy
    from deliveries

)

select * from final
