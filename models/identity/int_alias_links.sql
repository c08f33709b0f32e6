with messages as (

    select * from {{ ref('segment_experiments', 'stg_segment__aliases') }}
    where not is_copy

),

identifiers as (

    select distinct
        identifier,
        identifier_type
    from {{ ref('segment_experiments', 'int_identifiers') }}

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
        known_users.identifier is not null as is_previous_user,
        known_devices.identifier is not null or known_users.identifier is null
            as is_previous_device
    from links
    left join identifiers as known_users
        on
            links.previous_id = known_users.identifier
            and known_users.identifier_type = 'user_id'
    left join identifiers as known_devices
        on
            links.previous_id = known_devices.identifier
            and known_devices.identifier_type = 'anonymous_id'

)

select * from final
