{{ config(materialized='ephemeral') }}
{%- set dimensions = segment_experiments.assignment_dimensions().keys() | list -%}
{%- set as_of = segment_experiments.setting('as_of') -%}
{%- set condition = 'messages.rejection_reason is null and '
    ~ segment_experiments.is_computed('messages.experiment_id') ~ ' and ' ~ segment_experiments.is_of_computed_day('messages.arrival_day') -%}
{%- if as_of -%}
    {%- set condition = condition ~ ' and coalesce(messages.assigned_at, messages.received_at) <= '
        ~ segment_experiments.timestamp_literal(as_of) -%}
{%- endif %}

with times as (

    select * from {{ ref('segment_experiments', 'int_experiment_times') }}

),

{{ segment_experiments.user_messages_cte('stg_segment__exposure_messages', 'messages_of_users', condition) }},

exposures as (

    select messages_of_users.*
    from messages_of_users
    inner join times on messages_of_users.experiment_id = times.experiment_id
    where {{ segment_experiments.is_in_time(
        segment_experiments.available_at('messages_of_users.received_at', 'messages_of_users.arrival_day'), 'times'
    ) }}

),

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
