with sightings as (

    select * from {{ ref('segment_experiments', 'int_identity_sightings') }}

),

alias_links as (

    select * from {{ ref('segment_experiments', 'int_alias_links') }}

),

canonical_users as (

    select * from {{ ref('segment_experiments', 'int_canonical_users') }}

),

links as (

    select
        anonymous_id,
        user_id,
        first_seen_at as first_linked_at,
        last_seen_at as last_linked_at
    from sightings
    where
        anonymous_id is not null
        and user_id is not null

    union all

    select
        previous_id as anonymous_id,
        user_id,
        first_linked_at,
        last_linked_at
    from alias_links
    where is_previous_device

),

-- Two accounts of one person are one user before devices are judged.
user_links as (

    select
        links.anonymous_id,
        coalesce(canonical_users.canonical_user_id, links.user_id) as user_id,
        min(links.first_linked_at) as first_linked_at,
        max(links.last_linked_at) as last_linked_at
    from links
    left join canonical_users on links.user_id = canonical_users.user_id
    group by
        links.anonymous_id,
        coalesce(canonical_users.canonical_user_id, links.user_id)

),

ranked_links as (

    select
        anonymous_id,
        user_id,
        first_linked_at,
        count(*) over (partition by anonymous_id) as users,
        row_number() over (
            partition by anonymous_id
            order by {{ segment_experiments.linked_user_order(
                'first_linked_at', 'last_linked_at', 'user_id'
            ) }}
        ) as choice
    from user_links

),

devices as (

    select
        anonymous_id,
        user_id,
        first_linked_at,
        users > {{ segment_experiments.setting('max_users_per_device') }} as is_shared_device
    from ranked_links
    where
        choice = 1
        and {{ 'false' if segment_experiments.setting('identity_resolution') == 'none' else 'true' }}

),

-- One row per anonymous id ever seen, in an event or as the previous id of an alias.
anonymous_ids as (

    select distinct anonymous_id
    from sightings
    where anonymous_id is not null

    union distinct

    select previous_id as anonymous_id
    from alias_links
    where is_previous_device

),

user_ids as (

    select
        user_id,
        min(first_seen_at) as first_seen_at
    from sightings
    where user_id is not null
    group by user_id

),

stitched_devices as (

    select
        anonymous_ids.anonymous_id as identifier,
        case when not devices.is_shared_device then devices.user_id end as user_id,
        case when not devices.is_shared_device then devices.first_linked_at end
            as first_linked_at,
        coalesce(devices.is_shared_device, false) as is_shared_device
    from anonymous_ids
    left join devices on anonymous_ids.anonymous_id = devices.anonymous_id

),

final as (

    select
        identifier,
        'anonymous_id' as identifier_type,
        coalesce(user_id, identifier) as user_key,
        user_id,
        first_linked_at,
        is_shared_device
    from stitched_devices

    union all

    select
        user_ids.user_id as identifier,
        'user_id' as identifier_type,
        coalesce(canonical_users.canonical_user_id, user_ids.user_id) as user_key,
        coalesce(canonical_users.canonical_user_id, user_ids.user_id) as user_id,
        user_ids.first_seen_at as first_linked_at,
        false as is_shared_device
    from user_ids
    left join canonical_users on user_ids.user_id = canonical_users.user_id

)

select * from final
