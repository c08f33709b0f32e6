{{ config(**segment_experiments.by_key(['identifier', 'identifier_type'], ['identifier'])) }}
with sightings as (

    select * from {{ ref('segment_experiments', 'int_identity_sightings') }}

),

seen as (

    select
        anonymous_id as identifier,
        'anonymous_id' as identifier_type,
        min(seen_at) as first_seen_at,
        min(arrival_day) as first_arrival_day
    from sightings
    where anonymous_id is not null
    group by anonymous_id

    union all

    select
        user_id as identifier,
        'user_id' as identifier_type,
        min(seen_at) as first_seen_at,
        min(arrival_day) as first_arrival_day
    from sightings
    where user_id is not null
    group by user_id

),

{% if is_incremental() and segment_experiments.is_increment() -%}
-- A minimum over all time: what was known before, and what is new.
known_and_seen as (

    select * from seen

    union all

    select known.*
    from {{ this }} as known
    inner join seen
        on
            known.identifier = seen.identifier
            and known.identifier_type = seen.identifier_type

),

final as (

    select
        identifier,
        identifier_type,
        min(first_seen_at) as first_seen_at,
        min(first_arrival_day) as first_arrival_day
    from known_and_seen
    group by identifier, identifier_type

)
{%- else -%}
final as (

    select * from seen

)
{%- endif %}

select * from final
