{#-
    The first time of a link is a minimum over all time, so new messages are added to what is known.
    The last time must not come from a copy delivered months later, so with
    `identity_resolution: last` the links that new messages touch are computed from all messages.
-#}
{{ config(**segment_experiments.by_key(['anonymous_id', 'user_id'], ['anonymous_id'])) }}
{%- set is_last = segment_experiments.chosen(
    'identity_resolution', {'first': false, 'last': true, 'none': false}
) -%}
{%- set is_increment = is_incremental() and segment_experiments.is_increment() -%}

with sightings as (

    select * from {{ ref('segment_experiments', 'int_identity_sightings') }}

),

seen as (

    select
        anonymous_id,
        user_id,
        min(seen_at) as first_linked_at,
        min(arrival_day) as first_arrival_day
    from sightings
    where
        anonymous_id is not null
        and user_id is not null
    group by anonymous_id, user_id

),

{% if is_last -%}
all_sightings as (
    {{ segment_experiments.identity_sightings(is_pending=false) }}

),

linking as (

    select all_sightings.*
    from all_sightings
    inner join seen
        on
            all_sightings.anonymous_id = seen.anonymous_id
            and all_sightings.user_id = seen.user_id
    where not all_sightings.is_copy

),

known_and_seen as (

    select
        anonymous_id,
        user_id,
        min(seen_at) as first_linked_at,
        max(seen_at) as last_linked_at,
        min(arrival_day) as first_arrival_day
    from linking
    group by anonymous_id, user_id

),
{%- else -%}
known_and_seen as (

    select
        anonymous_id,
        user_id,
        first_linked_at,
        cast(null as {{ dbt.type_timestamp() }}) as last_linked_at,
        first_arrival_day
    from seen
    {%- if is_increment %}

    union all

    select
        known.anonymous_id,
        known.user_id,
        known.first_linked_at,
        known.last_linked_at,
        known.first_arrival_day
    from {{ this }} as known
    inner join seen
        on
            known.anonymous_id = seen.anonymous_id
            and known.user_id = seen.user_id
    {%- endif %}

),
{%- endif %}

final as (

    select
        anonymous_id,
        user_id,
        min(first_linked_at) as first_linked_at,
        max(last_linked_at) as last_linked_at,
        min(first_arrival_day) as first_arrival_day
    from known_and_seen
    group by anonymous_id, user_id

)

select * from final
