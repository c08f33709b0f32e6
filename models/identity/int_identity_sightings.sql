with sightings as (

    select
        anonymous_id,
        user_id,
        coalesce(exposed_at, received_at) as seen_at
    from {{ ref('segment_experiments', 'stg_segment__experiment_viewed') }}

    union all

    select
        anonymous_id,
        user_id,
        coalesce(identified_at, received_at) as seen_at
    from {{ ref('segment_experiments', 'stg_segment__identifies') }}

    union all

    select
        anonymous_id,
        user_id,
        coalesce(aliased_at, received_at) as seen_at
    from {{ ref('segment_experiments', 'stg_segment__aliases') }}
    where anonymous_id is not null or user_id is not null

    union all

    select
        anonymous_id,
        user_id,
        event_at as seen_at
    from {{ ref('segment_experiments', 'stg_segment__metric_events') }}

    union all

    select
        anonymous_id,
        user_id,
        event_at as seen_at
    from {{ ref('segment_experiments', 'stg_segment__activity') }}

),

final as (

    select
        anonymous_id,
        user_id,
        min(seen_at) as first_seen_at,
        max(seen_at) as last_seen_at
    from sightings
    group by anonymous_id, user_id

)

select * from final
