{#- For what shows identifiers without going through identity_map. -#}
with identities as (

    select * from {{ ref('segment_experiments', 'int_identities') }}

),

suppressed_users as (

    select * from {{ ref('segment_experiments', 'int_suppressed_users') }}

),

final as (

    select
        identities.identifier,
        identities.identifier_type
    from identities
    inner join suppressed_users on identities.user_hash = suppressed_users.user_hash

)

select * from final
