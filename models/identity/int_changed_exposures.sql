with final as (
    {{ segment_experiments.messages_of_changed_users(
        'stg_segment__exposure_messages', segment_experiments.exposure_content(),
        'messages.rejection_reason is null'
    ) }}

)

select * from final
