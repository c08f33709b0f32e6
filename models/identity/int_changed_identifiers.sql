{#-
    Links are never taken back, so whatever can change hangs on the identifiers that new messages
    show: these themselves, users whose aliases lead over one of them, and the devices of such users.
    Too many is harmless, because they are only computed again. All of it follows from what arrived,
    nothing from what an earlier run has already written, so a run that died is repeated as it was.
-#}
-- noqa: disable=ST03
with sightings as (

    select * from {{ ref('segment_experiments', 'int_identity_sightings') }}

),

aliases as (

    select * from {{ ref('segment_experiments', 'stg_segment__aliases') }}

),

identifiers as (

    select * from {{ ref('segment_experiments', 'int_identifiers') }}

),

links as (

    select * from {{ ref('segment_experiments', 'int_identity_links') }}

),

alias_links as (

    select * from {{ ref('segment_experiments', 'int_alias_links') }}

),

alias_walks as (

    select * from {{ ref('segment_experiments', 'int_alias_walks') }}

),

{% if segment_experiments.is_increment() -%}
pending_links as (

    select
        anonymous_id,
        user_id,
        min(seen_at) as first_linked_at
    from sightings
    where
        anonymous_id is not null
        and user_id is not null
    group by anonymous_id, user_id

),

-- Links that were not there before, or that are older than they seemed.
moved_links as (

    select pending_links.anonymous_id
    from pending_links
    inner join links
        on
            pending_links.anonymous_id = links.anonymous_id
            and pending_links.user_id = links.user_id
    {%- if segment_experiments.chosen('identity_resolution', {'first': true, 'last': false, 'none': true}) %}
    where
        pending_links.first_linked_at <= links.first_linked_at
        or {{ segment_experiments.is_of_pending_day('links.first_arrival_day') }}
    {%- endif %}

),

shown as (

    select
        anonymous_id as identifier,
        'anonymous_id' as identifier_type,
        0 as moved
    from sightings
    where anonymous_id is not null

    union distinct

    select
        user_id as identifier,
        'user_id' as identifier_type,
        0 as moved
    from sightings
    where user_id is not null

    union distinct

    select
        anonymous_id as identifier,
        'anonymous_id' as identifier_type,
        1 as moved
    from moved_links

    union distinct

    select
        previous_id as identifier,
        'anonymous_id' as identifier_type,
        1 as moved
    from aliases
    where
        previous_id is not null
        and {{ segment_experiments.is_pending_row('aliases') }}

    union distinct

    select
        user_id as identifier,
        'user_id' as identifier_type,
        1 as moved
    from aliases
    where
        user_id is not null
        and {{ segment_experiments.is_pending_row('aliases') }}

),

-- An id that was never seen before may be the missing half of an alias.
seen as (

    select
        shown.identifier,
        shown.identifier_type,
        max(
            case
                when {{ segment_experiments.is_of_pending_day('identifiers.first_arrival_day') }}
                    then 1
                else shown.moved
            end
        ) as moved
    from shown
    left join identifiers
        on
            shown.identifier = identifiers.identifier
            and shown.identifier_type = identifiers.identifier_type
    group by shown.identifier, shown.identifier_type

),

-- An id that is now known as a user's changes what its aliases mean, also as a device.
seen_aliased as (

    select
        alias_links.previous_id as user_id,
        max(seen.moved) as moved
    from alias_links
    inner join seen on alias_links.previous_id = seen.identifier
    group by alias_links.previous_id

),

aliased_users as (

    select
        user_id,
        moved
    from seen_aliased

    union distinct

    select
        alias_walks.user_id,
        seen_aliased.moved
    from alias_walks
    inner join seen_aliased on alias_walks.reached_user_id = seen_aliased.user_id

),

changed as (

    select
        identifier,
        identifier_type,
        moved
    from seen

    union all

    select
        user_id as identifier,
        'user_id' as identifier_type,
        moved
    from aliased_users

    union all

    select
        user_id as identifier,
        'anonymous_id' as identifier_type,
        moved
    from aliased_users

    union all

    select
        links.anonymous_id as identifier,
        'anonymous_id' as identifier_type,
        aliased_users.moved
    from links
    inner join aliased_users on links.user_id = aliased_users.user_id

    union all

    select
        alias_links.previous_id as identifier,
        'anonymous_id' as identifier_type,
        aliased_users.moved
    from alias_links
    inner join aliased_users on alias_links.user_id = aliased_users.user_id

),

final as (

    select
        identifier,
        identifier_type,
        max(moved) = 1 as is_moved
    from changed
    group by identifier, identifier_type

)
{%- else -%}
-- Everything is computed again, so there is nothing to choose.
final as (

    select
        anonymous_id as identifier,
        'anonymous_id' as identifier_type,
        true as is_moved
    from links
    where 1 = 0

)
{%- endif %}

select * from final
