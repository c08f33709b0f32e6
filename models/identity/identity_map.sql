{#- Who is not in here is in no mart: everything that belongs to users goes through this view. -#}
{{ config(materialized='view') }}
with identities as (

    select * from {{ ref('segment_experiments', 'int_identities') }}

),

suppressed_users as (

    select distinct user_hash from {{ ref('segment_experiments', 'int_suppressed_identifiers') }}

),

final as (

    select
        identities.identifier,
        identities.identifier_type,
        identities.identity_hash,
        identities.user_key,
        identities.user_hash,
        identities.user_id,
        identities.first_linked_at,
        identities.is_shared_device
    from identities
    left join suppressed_users on identities.user_hash = suppressed_users.user_hash
    where suppressed_users.user_hash is null

)

select * from final
