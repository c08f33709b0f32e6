{#-
    The staging models of messages.

    Returns: list of dicts with model (string); seen_at (SQL, timestamp), when a message shows its ids; condition
    (SQL, boolean), whether it shows them.
-#}
{% macro message_models() %}
    {{ return([
        {
            'model': 'stg_segment__exposure_messages',
            'seen_at': 'coalesce(exposed_at, received_at)',
            'condition': 'rejection_reason is null'
        },
        {
            'model': 'stg_segment__identifies',
            'seen_at': 'coalesce(identified_at, received_at)',
            'condition': 'true'
        },
        {
            'model': 'stg_segment__aliases',
            'seen_at': 'coalesce(aliased_at, received_at)',
            'condition': 'coalesce(anonymous_id, user_id) is not null'
        },
        {'model': 'stg_segment__metric_events', 'seen_at': 'event_at', 'condition': 'rejection_reason is null'},
        {'model': 'stg_segment__activity', 'seen_at': 'event_at', 'condition': 'true'}
    ]) }}
{% endmacro %}


{#-
    Every message that shows an id, of all staging models of messages.

    Arguments: is_all (boolean): those of all time; otherwise those that the run has to look at.
    Returns: SQL of a query with origin (identity_origin()), anonymous_id, user_id, seen_at and is_copy; copies of a
    message are all there.
-#}
{% macro identity_sightings(is_all) -%}
    {%- for messages in segment_experiments.message_models() %}

    select
        {{ segment_experiments.identity_origin_of('event_table') }} as origin,
        anonymous_id,
        user_id,
        {{ messages.seen_at }} as seen_at,
        is_copy
    from {{ ref('segment_experiments', messages.model) }} as messages
    where
        {{ messages.condition }}
        and {{ 'true' if is_all else segment_experiments.is_row_to_sight('messages') }}
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}
{%- endmacro %}
