with final as (

    select
        user_hash,
        activation_event,
        activated_at,
        available_at
    from {{ ref('segment_experiments', 'int_stitched_activations') }}

)

select * from final
