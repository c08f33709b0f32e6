{{ config(materialized='ephemeral') }}
{%- set dimensions = segment_experiments.assignment_dimensions().keys() | list -%}
{%- set as_of = segment_experiments.setting('as_of') -%}
{%- set condition = 'messages.rejection_reason is null' -%}
{%- if as_of -%}
    {%- set condition = condition ~ ' and coalesce(messages.assigned_at, messages.received_at) <= '
        ~ segment_experiments.timestamp_literal(as_of) -%}
{%- endif -%}

with {{ segment_experiments.user_messages_ctes(
    'stg_segment__exposure_messages', 'exposures', [], segment_experiments.exposure_content(),
    condition
) }},

final as (

    select
        user_key,
        known_user_id as user_id,
        user_id as exposed_user_id,
        anonymous_id,
        message_id,
        experiment_id,
        variant,
        {%- for name in dimensions %}
        {{ name }},
        {%- endfor %}
        assigned_at,
        assigned_at_source,
        coalesce(exposed_at, received_at) as exposed_at
    from exposures

)

select * from final
