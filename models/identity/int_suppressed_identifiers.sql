{#-
    Made anew in each run from everything that is known of identities: a listed device that turns out
    to be a user's takes the user along.
-#}
with listed as (

    select * from {{ ref('segment_experiments', 'stg_registry__suppressed_users') }}

),

identities as (

    select * from {{ ref('segment_experiments', 'int_identities') }}

),

listed_identifiers as (

    select {{ segment_experiments.identifier_hash("'user_id'", 'user_id') }} as identity_hash
    from listed
    where user_id is not null

    union distinct

    select {{ segment_experiments.identifier_hash("'anonymous_id'", 'anonymous_id') }} as identity_hash
    from listed
    where anonymous_id is not null

),

suppressed_users as (

    select distinct identities.user_hash
    from identities
    inner join listed_identifiers
        on {{ segment_experiments.identity_join('identities', 'listed_identifiers') }}

),

final as (

    select
        identities.identifier,
        identities.identifier_type,
        identities.user_key,
        identities.user_hash
    from identities
    inner join suppressed_users on identities.user_hash = suppressed_users.user_hash

)

select * from final
