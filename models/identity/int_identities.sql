{%- set link_order = segment_experiments.linked_user_order(
    'first_linked_at', 'last_linked_at', 'user_id'
) -%}

with pairs as (

    select * from {{ ref('segment_experiments', 'int_identity_pairs') }}

),

users as (

    select
        user_id,
        min(first_seen_at) as first_seen_at
    from pairs
    where user_id is not null
    group by user_id

),

alias_links as (

    select * from {{ ref('segment_experiments', 'int_alias_links') }}

),

canonical_users as (

    select * from {{ ref('segment_experiments', 'int_canonical_users') }}

),

device_links as (

    select
        anonymous_id,
        user_id,
        first_seen_at as first_linked_at,
        last_seen_at as last_linked_at
    from pairs
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
        device_links.anonymous_id,
        coalesce(canonical_users.canonical_user_id, device_links.user_id) as user_id,
        device_links.first_linked_at,
        device_links.last_linked_at
    from device_links
    left join canonical_users on device_links.user_id = canonical_users.user_id
    where {{ segment_experiments.chosen(
            'identity_resolution', {'first': 'true', 'last': 'true', 'none': 'false'}
        ) }}

),

linked_devices as (

    select
        anonymous_id,
        min(user_id) as smallest_user_id,
        max(user_id) as largest_user_id,
        min(first_linked_at) as first_linked_at
    from user_links
    group by anonymous_id

),

-- Most devices have one user; only the links of the others have to be put in order.
contended_links as (

    select
        user_links.anonymous_id,
        user_links.user_id,
        min(user_links.first_linked_at) as first_linked_at,
        max(user_links.last_linked_at) as last_linked_at
    from user_links
    inner join linked_devices on user_links.anonymous_id = linked_devices.anonymous_id
    where linked_devices.smallest_user_id <> linked_devices.largest_user_id
    group by user_links.anonymous_id, user_links.user_id

),

contended_devices as (

    select
        anonymous_id,
        {{ segment_experiments.first_row_by(
            'chosen', ['user_id', 'first_linked_at'], link_order
        ) }},
        count(*) > {{ segment_experiments.setting('max_users_per_device') }} as is_shared_device
    from {{ segment_experiments.first_row_source(
        'contended_links', ['anonymous_id'], link_order
    ) }}
    group by anonymous_id

),

devices as (

    select
        anonymous_id,
        smallest_user_id as user_id,
        first_linked_at,
        false as is_shared_device
    from linked_devices
    where smallest_user_id = largest_user_id

    union all

    select
        anonymous_id,
        {{ segment_experiments.first_row_column('chosen', 'user_id') }} as user_id,
        {{ segment_experiments.first_row_column('chosen', 'first_linked_at') }} as first_linked_at,
        is_shared_device
    from contended_devices

),

-- One row per anonymous id ever seen, in an event or as the previous id of an alias.
anonymous_ids as (

    select anonymous_id
    from pairs
    where anonymous_id is not null

    union distinct

    select previous_id as anonymous_id
    from alias_links
    where is_previous_device

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

stitched as (

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
        users.user_id as identifier,
        'user_id' as identifier_type,
        coalesce(canonical_users.canonical_user_id, users.user_id) as user_key,
        coalesce(canonical_users.canonical_user_id, users.user_id) as user_id,
        users.first_seen_at as first_linked_at,
        false as is_shared_device
    from users
    left join canonical_users on users.user_id = canonical_users.user_id

),

final as (

    select
        identifier,
        identifier_type,
        {{ segment_experiments.identifier_hash('identifier_type', 'identifier') }} as identity_hash,
        user_key,
        {{ segment_experiments.integer_hash('user_key') }} as user_hash,
        user_id,
        first_linked_at,
        is_shared_device
    from stitched

)

select * from final
