with final as (

    select * from {{ ref('segment_experiments', 'int_stitched_activations') }}

)

select * from final
