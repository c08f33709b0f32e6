{{ config(**segment_experiments.by_identifier(['origin', 'identifier', 'identifier_type'], ['identifier'])) }}

with sightings as (

    select * from {{ ref('segment_experiments', 'int_identity_sightings') }}

),

seen as (

    select
        origin,
        anonymous_id as identifier,
        'anonymous_id' as identifier_type,
        min(seen_at) as first_seen_at
    from sightings
    where anonymous_id is not null
    group by origin, anonymous_id

    union all

    select
        origin,
        user_id as identifier,
        'user_id' as identifier_type,
        min(seen_at) as first_seen_at
    from sightings
    where user_id is not null
    group by origin, user_id

),

{% if segment_experiments.adds_to_table() and segment_experiments.is_increment() -%}
-- A minimum over all time: what was known before, and what is new.
known_and_seen as (

    select * from seen

    union all

    select known.*
    from {{ this }} as known
    inner join seen
        on {{ segment_experiments.same('known', 'seen', ['origin', 'identifier', 'identifier_type']) }}

),

final as (

    select
        origin,
        identifier,
        identifier_type,
        min(first_seen_at) as first_seen_at
    from known_and_seen
    group by origin, identifier, identifier_type

)
{%- else -%}
final as (

    select * from seen

)
{%- endif %}

select * from final
