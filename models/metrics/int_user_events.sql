{#-
    The events of every measure, activity included, under the one user they belong to.
-#}
with events as (

    select
        measure,
        anonymous_id,
        user_id,
        value,
        event_at
    from {{ ref('segment_experiments', 'stg_segment__metric_events') }}

    union all

    select
        'activity' as measure,
        anonymous_id,
        user_id,
        {{ segment_experiments.float_literal(1) }} as value,
        event_at
    from {{ ref('segment_experiments', 'stg_segment__activity') }}

),

identities as (

    select * from {{ ref('segment_experiments', 'identity_map') }}

),

final as (

    select
        identities.user_key,
        events.measure,
        events.value,
        events.event_at
    from events
    inner join identities
        on {{ segment_experiments.identity_join('events', 'identities') }}

)

select * from final
