{{ config(materialized='ephemeral') }}
{%- set dimensions = segment_experiments.assignment_dimensions().keys() | list -%}
{%- set as_of = segment_experiments.setting('as_of') -%}
{%- set condition = 'true' if segment_experiments.is_increment()
    else 'messages.rejection_reason is null' -%}
{%- set condition = condition ~ ' and '
    ~ segment_experiments.is_chosen_experiment('messages.experiment_id') -%}
{%- if as_of -%}
    {%- set condition = condition ~ ' and coalesce(messages.assigned_at, messages.received_at) <= '
        ~ segment_experiments.timestamp_literal(as_of) -%}
{%- endif -%}

{%- set changed_exposures = ref('segment_experiments', 'int_changed_exposures') -%}

with
{%- if segment_experiments.is_increment() %}

exposures as (

    select messages.*
    from {{ changed_exposures }} as messages
    where
        not messages.is_copy
        and {{ condition }}

),
{%- else %}

{{ segment_experiments.user_messages_cte('stg_segment__exposure_messages', 'exposures', condition) }},
{%- endif %}

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
