{%- set dimensions = segment_experiments.assignment_dimensions() -%}

with messages as (

    select * from {{ ref('segment_experiments', 'stg_segment__exposure_messages') }}

),

deliveries as (

    select * from messages
    where
        rejection_reason is null
        and not is_copy

),

final as (

    select
        message_id,
        event_table,

        -- ids
        anonymous_id,
        user_id,
        experiment_id,
        variant,

        -- dimensions
        {%- for name in dimensions %}
        {{ name }},
        {%- endfor %}

        -- times
        assigned_at,
        assigned_at_source,
        exposed_at,
        received_at
    from deliveries

)

select * from final
