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
            ) }}
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
        and {{ 'false' if segment_experiments.setting('identity_resolution') == 'none' else 'true' }}

),

walk as (

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

-- Who comes back to where he started is on a cycle; its smallest id stands for all of it.
cycles as (

    select
        user_id,
        min(reached_user_id) as canonical_user_id
    from walk
    group by user_id
    having max(case when reached_user_id = user_id then 1 else 0 end) = 1

),

-- Everybody else ends where the pointers end, or at the first id that is on a cycle.
steps as (

    select
        walk.user_id,
        coalesce(reached_cycles.canonical_user_id, walk.reached_user_id) as canonical_user_id,
        row_number() over (
            partition by walk.user_id
            order by
                case when reached_cycles.user_id is null then 1 else 0 end,
                case when reached_cycles.user_id is null then -walk.step else walk.step end
        ) as choice
    from walk
    left join cycles as own_cycles on walk.user_id = own_cycles.user_id
    left join cycles as reached_cycles on walk.reached_user_id = reached_cycles.user_id
    where own_cycles.user_id is null

),

final as (

    select
        user_id,
        canonical_user_id
    from cycles

    union all

    select
        user_id,
        canonical_user_id
    from steps
    where choice = 1

)

select * from final
