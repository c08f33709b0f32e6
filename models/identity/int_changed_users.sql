{#-
    The keys under which anything is computed again: those that the changed identifiers have now,
    and those that they can have had before.
-#}
{{ config(pre_hook=[
    '{{ segment_experiments.note_suppression_changes() }}',
    '{{ segment_experiments.note_stray_changes() }}',
]) }}
-- depends_on: {{ ref('segment_experiments', 'int_stray_variants') }}
{%- set suppressed_users = ref('segment_experiments', 'int_suppressed_users') %}
{%- set changed_strays = segment_experiments.changed_strays() %}
-- noqa: disable=ST03
with changed as (

    select * from {{ ref('segment_experiments', 'int_changed_identifiers') }}

),

identities as (

    select * from {{ ref('segment_experiments', 'identity_map') }}

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

canonical_users as (

    select * from {{ ref('segment_experiments', 'int_canonical_users') }}

),

traits as (

    select * from {{ ref('segment_experiments', 'stg_segment__identify_traits') }}

),

exposures as (

    select * from {{ ref('segment_experiments', 'stg_segment__exposure_messages') }}

),

slugs as (

    select * from {{ ref('segment_experiments', 'int_experiment_slugs') }}

),

{% if segment_experiments.is_increment() -%}
-- Users whom a changed identifier was linked to, in whichever way.
linked as (

    select
        links.user_id,
        changed.is_moved
    from links
    inner join changed
        on
            links.anonymous_id = changed.identifier
            and changed.identifier_type = 'anonymous_id'

    union distinct

    select
        alias_links.user_id,
        changed.is_moved
    from alias_links
    inner join changed on alias_links.previous_id = changed.identifier

    union distinct

    select
        identifier as user_id,
        is_moved
    from changed

),

-- Where their aliases lead now; a part of every way they led before.
reached as (

    select
        user_id,
        is_moved
    from linked

    union distinct

    select
        alias_walks.reached_user_id as user_id,
        linked.is_moved
    from alias_walks
    inner join linked on alias_walks.user_id = linked.user_id

),

-- Traits mean another experiment, or none, when ids of experiments become known.
slug_changes as (

    select slugs.slug
    from slugs
    left join {{ segment_experiments.existing_relation('int_processed_arrivals') }} as processed
        on
            processed.kind = 'slug'
            and slugs.slug = processed.name
            and coalesce(slugs.experiment_id, '') = processed.raw_table
    where processed.name is null

),

suppression_changes as (
    {{ segment_experiments.suppression_changes(suppressed_users) }}

),

keys as (

    select
        user_id as user_key,
        is_moved
    from reached

    union all

    select
        canonical_users.canonical_user_id as user_key,
        reached.is_moved
    from reached
    inner join canonical_users on reached.user_id = canonical_users.user_id

    union all

    select
        identities.user_key,
        changed.is_moved
    from identities
    inner join changed
        on
            identities.identifier = changed.identifier
            and identities.identifier_type = changed.identifier_type

    union all

    select
        identities.user_key,
        true as is_moved
    from traits
    inner join slug_changes on traits.slug = slug_changes.slug
    inner join identities
        on {{ segment_experiments.identity_join('traits', 'identities') }}

    union all

    -- Users of a variant that is a stray now, or no longer one.
    select
        identities.user_key,
        true as is_moved
    from exposures
    inner join identities
        on {{ segment_experiments.identity_join('exposures', 'identities') }}
    where {{ segment_experiments.is_of_stray_change(changed_strays, 'exposures.experiment_id', 'exposures.variant') }}

    union all

    select
        identities.user_key,
        true as is_moved
    from traits
    inner join identities
        on {{ segment_experiments.identity_join('traits', 'identities') }}
    where {{ segment_experiments.is_of_stray_change(changed_strays, none, 'traits.variant') }}

    union all

    select
        user_key,
        true as is_moved
    from suppression_changes

),

final as (

    select
        user_key,
        max(case when is_moved then 1 else 0 end) = 1 as is_moved
    from keys
    group by user_key

)
{%- else -%}
final as (

    select
        user_key,
        true as is_moved
    from identities
    where 1 = 0

)
{%- endif %}

select * from final
