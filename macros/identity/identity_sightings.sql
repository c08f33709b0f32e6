{#-
    Every message that shows an id, of all staging models of messages.

    Arguments: is_all (boolean): those of all time; otherwise those that the run has to look at.
    Returns: SQL of a query with origin (identity_origin()), message_id, anonymous_id, user_id, seen_at, received_at,
    is_copy; copies of a message are all there.
-#}
{% macro identity_sightings(is_all) -%}
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
        {{ segment_experiments.identity_origin_of('event_table') }} as origin,
        message_id,
        anonymous_id,
        user_id,
        {{ seen_at }} as seen_at,
        received_at,
        is_copy
    from {{ ref('segment_experiments', model) }} as messages
    where
        {{ condition }}
        and {{ 'true' if is_all else segment_experiments.is_row_to_sight('messages') }}
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}
{%- endmacro %}
