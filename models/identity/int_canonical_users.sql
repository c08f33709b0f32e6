{#- Whom the walks along the aliases lead to: one user for every id that was aliased. -#}
with walk as (

    select * from {{ ref('segment_experiments', 'int_alias_walks') }}

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
