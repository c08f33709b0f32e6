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

    select
        user_id as identifier,
        'user_id' as identifier_type
    from listed
    where user_id is not null

    union distinct

    select
        anonymous_id as identifier,
        'anonymous_id' as identifier_type
    from listed
    where anonymous_id is not null

),

final as (

    select distinct identities.user_key
    from identities
    inner join identifiers
        on
            identities.identifier = identifiers.identifier
            and identities.identifier_type = identifiers.identifier_type

)

select * from final
