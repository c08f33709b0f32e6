{#-
    Alias calls between two user ids form a graph in which every id points to at most one other
    (the first or the last by the setting), so a chain is followed by asking one question at each
    step. The recursion is bounded, reads the pointers once per step, and only ids that were
    aliased take part.
-#}
with recursive links as (

    select * from {{ ref('segment_experiments', 'int_alias_links') }}

),

candidates as (

    select
        previous_id as user_id,
        user_id as next_user_id,
        count(*) over (partition by previous_id) as users,
        row_number() over (
            partition by previous_id
            order by {{ segment_experiments.linked_user_order(
                'first_linked_at', 'last_linked_at', 'user_id'
            ) | join(', ') }}
        ) as choice
    from links
    where is_previous_user

),

pointers as (

    select
        user_id,
        next_user_id
    from candidates
    where
        choice = 1
        and users <= {{ segment_experiments.setting('max_users_per_device') }}
        and {{ segment_experiments.chosen(
            'identity_resolution', {'first': 'true', 'last': 'true', 'none': 'false'}
        ) }}

),

walk {{ segment_experiments.recursive_columns(['user_id', 'reached_user_id', 'step']) }} as (

    select
        user_id,
        next_user_id as reached_user_id,
        1 as step
    from pointers

    union all

    select
        walk.user_id,
        pointers.next_user_id as reached_user_id,
        walk.step + 1 as step
    from walk
    inner join pointers on walk.reached_user_id = pointers.user_id
    where
        walk.reached_user_id <> walk.user_id
        and walk.step < {{ segment_experiments.max_alias_chain() }}

),

final as (

    select
        user_id,
        reached_user_id,
        step
    from walk

)

select * from final
