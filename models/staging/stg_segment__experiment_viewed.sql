{%- set dimensions = segment_experiments.assignment_dimensions() -%}

with messages as (

    select * from {{ ref('segment_experiments', 'stg_segment__exposure_messages') }}

),

deliveries as (

    select
        messages.*,
        {{ segment_experiments.delivery_number([
            'exposed_at', 'experiment_id', 'variant'
        ]) }} as delivery_number
    from messages
    where rejection_reason is null

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
    where delivery_number = 1

)

select * from final
