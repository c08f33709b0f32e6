with messages as (

    select * from {{ ref('segment_experiments', 'stg_segment__aliases') }}
    where not is_copy

),

pairs as (

    select * from {{ ref('segment_experiments', 'int_identity_pairs') }}

),

known_users as (

    select distinct user_id from pairs

),

known_devices as (

    select distinct anonymous_id from pairs

),

links as (

    select
        previous_id,
        user_id,
        min(coalesce(aliased_at, received_at)) as first_linked_at,
        max(coalesce(aliased_at, received_at)) as last_linked_at
    from messages
    where
        previous_id is not null
        and user_id is not null
        and previous_id <> user_id
    group by previous_id, user_id

),

-- The call does not say what `previous_id` is; the rest of the data does. An id never seen
-- elsewhere is a device's: that is what alias is for.
final as (

    select
        links.previous_id,
        links.user_id,
        links.first_linked_at,
        links.last_linked_at,
        known_users.user_id is not null as is_previous_user,
        known_devices.anonymous_id is not null or known_users.user_id is null
            as is_previous_device
    from links
    left join known_users on links.previous_id = known_users.user_id
    left join known_devices on links.previous_id = known_devices.anonymous_id

)

select * from final
