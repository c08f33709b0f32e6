{#- What is asked of all traits is asked of this small table. -#}
{{ config(**segment_experiments.by_arrival_day(['trait'])) }}

with messages as (

    select messages.*
    from {{ ref('segment_experiments', 'stg_segment__identify_traits') }} as messages
    where {{ segment_experiments.is_pending_row('messages') }}

),

final as (

    select
        arrival_day,
        event_table,
        trait,
        slug,
        count(*) as traits,
        min(received_at) as first_received_at,
        max(received_at) as last_received_at
    from messages
    where not is_copy
    group by arrival_day, event_table, trait, slug

)

select * from final
