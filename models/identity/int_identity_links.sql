{#-
    The first time of a link is a minimum over all time, so new messages are added to what is known.
    The last time must not come from a copy delivered months later, so with
    `identity_resolution: last` the links that new messages touch are computed from all messages.
-#}
{{ config(**segment_experiments.by_identifier(['origin', 'anonymous_id', 'user_id'], ['anonymous_id'])) }}
{%- set is_last = segment_experiments.chosen(
    'identity_resolution', {'first': false, 'last': true, 'none': false}
) -%}
{%- set is_increment = segment_experiments.adds_to_table() and segment_experiments.is_increment() -%}

with sightings as (

    select * from {{ ref('segment_experiments', 'int_identity_sightings') }}

),

seen as (

    select
        origin,
        anonymous_id,
        user_id,
        min(seen_at) as first_linked_at
    from sightings
    where
        anonymous_id is not null
        and user_id is not null
    group by origin, anonymous_id, user_id

),

{% if is_last -%}
all_sightings as (
    {{ segment_experiments.identity_sightings(is_all=true) }}

),

linking as (

    select all_sightings.*
    from all_sightings
    inner join seen
        on {{ segment_experiments.same('all_sightings', 'seen', ['origin', 'anonymous_id', 'user_id']) }}
    where not all_sightings.is_copy

),

known_and_seen as (

    select
        origin,
        anonymous_id,
        user_id,
        min(seen_at) as first_linked_at,
        max(seen_at) as last_linked_at
    from linking
    group by origin, anonymous_id, user_id

),
{%- else -%}
known_and_seen as (

    select
        origin,
        anonymous_id,
        user_id,
        first_linked_at,
        cast(null as {{ dbt.type_timestamp() }}) as last_linked_at
    from seen
    {%- if is_increment %}

    union all

    select
        known.origin,
        known.anonymous_id,
        known.user_id,
        known.first_linked_at,
        known.last_linked_at
    from {{ this }} as known
    inner join seen
        on {{ segment_experiments.same('known', 'seen', ['origin', 'anonymous_id', 'user_id']) }}
    {%- endif %}

),
{%- endif %}

final as (

    select
        origin,
        anonymous_id,
        user_id,
        min(first_linked_at) as first_linked_at,
        max(last_linked_at) as last_linked_at
    from known_and_seen
    group by origin, anonymous_id, user_id

)

select * from final
