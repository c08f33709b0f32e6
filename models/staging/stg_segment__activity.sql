{#-
    Redelivered messages stay: one activity more at the same moment changes no answer to "was the
    user active", and leaving them saves a sort of the largest tables there are.
-#}
with messages as (
    {{ segment_experiments.united_staging_rows(segment_experiments.activity_sources()) }}

),

final as (

    select
        event_table,
        anonymous_id,
        user_id,
        event_at,
        received_at
    from messages
    where
        (anonymous_id is not null or user_id is not null)
        and event_at is not null

)

select * from final
