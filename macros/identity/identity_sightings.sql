{#-
    Every message that shows an id, of all staging models of messages.

    Arguments: is_pending (boolean): only those that arrived on the days this run reads.
    Returns: SQL of a query with source, message_id, anonymous_id, user_id, seen_at, received_at,
    arrival_day, is_copy; copies of a message are all there.
-#}
{% macro identity_sightings(is_pending) -%}
    {%- for model, seen_at, condition in [
        ('stg_segment__exposure_messages', 'coalesce(exposed_at, received_at)',
            'rejection_reason is null'),
        ('stg_segment__identifies', 'coalesce(identified_at, received_at)', 'true'),
        ('stg_segment__aliases', 'coalesce(aliased_at, received_at)',
            'coalesce(anonymous_id, user_id) is not null'),
        ('stg_segment__metric_events', 'event_at', 'rejection_reason is null'),
        ('stg_segment__activity', 'event_at', 'true')
    ] %}
    select
        '{{ model }}' as source,
        message_id,
        anonymous_id,
        user_id,
        {{ seen_at }} as seen_at,
        received_at,
        arrival_day,
        is_copy
    from {{ ref('segment_experiments', model) }} as messages
    where
        {{ condition }}
        and {{ segment_experiments.is_pending_row('messages') if is_pending else 'true' }}
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}
{%- endmacro %}
