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
seen as (

    select
        anonymous_id as identifier,
        'anonymous_id' as identifier_type
    from sightings
    where anonymous_id is not null

    union distinct

    select
        user_id as identifier,
        'user_id' as identifier_type
    from sightings
    where user_id is not null

    union distinct

    select
        aliases.previous_id as identifier,
        'anonymous_id' as identifier_type
    from aliases
    where
        aliases.previous_id is not null
        and {{ segment_experiments.is_pending_row('aliases') }}

),

-- An id that is now known as a user's changes what its aliases mean, also as a device.
seen_aliased as (

    select distinct alias_links.previous_id as user_id
    from alias_links
    inner join seen on alias_links.previous_id = seen.identifier

),

moved_users as (

    select user_id from seen_aliased

    union distinct

    select alias_walks.user_id
    from alias_walks
    inner join seen_aliased on alias_walks.reached_user_id = seen_aliased.user_id

),

final as (

    select
        identifier,
        identifier_type
    from seen

    union distinct

    select
        user_id as identifier,
        'user_id' as identifier_type
    from moved_users

    union distinct

    select
        user_id as identifier,
        'anonymous_id' as identifier_type
    from moved_users

    union distinct

    select
        links.anonymous_id as identifier,
        'anonymous_id' as identifier_type
    from links
    inner join moved_users on links.user_id = moved_users.user_id

    union distinct

    select
        alias_links.previous_id as identifier,
        'anonymous_id' as identifier_type
    from alias_links
    inner join moved_users on alias_links.user_id = moved_users.user_id

)
{%- else -%}
-- Everything is computed again, so there is nothing to choose.
final as (

    select
        anonymous_id as identifier,
        'anonymous_id' as identifier_type
    from links
    where 1 = 0

)
{%- endif %}

select * from final
