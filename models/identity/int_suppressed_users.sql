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

identifiers as (

    select {{ segment_experiments.identifier_hash("'user_id'", 'user_id') }} as identity_hash
    from listed
    where user_id is not null

    union distinct

    select {{ segment_experiments.identifier_hash("'anonymous_id'", 'anonymous_id') }} as identity_hash
    from listed
    where anonymous_id is not null

),

final as (

    select distinct
        identities.user_key,
        identities.user_hash
    from identities
    inner join identifiers
        on {{ segment_experiments.identity_join('identities', 'identifiers') }}

)

select * from final
