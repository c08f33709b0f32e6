{{ config(**segment_experiments.by_identifier()) }}
{#-
    The first time is a minimum over all time, so a run adds a pair when it is new, or has an earlier one; who
    reads the table takes the earliest. The last time must not come from a copy delivered months later, so
    with `identity_resolution: last` all messages are read.
-#}
{%- set is_last = segment_experiments.resolves_by_last_link() -%}
with sightings as (
    {{ segment_experiments.identity_sightings(is_all=is_last) }}

),

seen as (

    select
        origin,
        anonymous_id,
        user_id,
        min(seen_at) as first_seen_at,
        {% if is_last -%}
        max(case when not is_copy then seen_at end) as last_seen_at
        {%- else -%}
        cast(null as {{ dbt.type_timestamp() }}) as last_seen_at
        {%- endif %}
    from sightings
    where
        anonymous_id is not null
        or user_id is not null
    group by origin, anonymous_id, user_id

),

{% if segment_experiments.adds_to_table() and segment_experiments.is_increment() and not is_last -%}
known as (

    select
        origin,
        coalesce(anonymous_id, '') as anonymous_id,
        coalesce(user_id, '') as user_id,
        min(first_seen_at) as first_seen_at
    from {{ this }}
    group by origin, coalesce(anonymous_id, ''), coalesce(user_id, '')

),

final as (

    select seen.*
    from seen
    left join known
        on
            seen.origin = known.origin
            and coalesce(seen.anonymous_id, '') = known.anonymous_id
            and coalesce(seen.user_id, '') = known.user_id
    where
        known.origin is null
        or seen.first_seen_at < known.first_seen_at
        or (known.first_seen_at is null and seen.first_seen_at is not null)

)
{%- else -%}
final as (

    select * from seen

)
{%- endif %}

select * from final
