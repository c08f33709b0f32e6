{#-
    What the models of users read in place of identity_map when they add to what is there: a small
    table, so that the messages of these users are found in one pass over all messages.
-#}
with identities as (

    select * from {{ ref('segment_experiments', 'identity_map') }}

),

changed_users as (

    select * from {{ ref('segment_experiments', 'int_changed_users') }}

),

final as (

    select
        identities.identifier,
        identities.identifier_type,
        identities.user_key,
        identities.user_id,
        identities.first_linked_at
    from identities
    inner join changed_users on identities.user_key = changed_users.user_key

)

select * from final
