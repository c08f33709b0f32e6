{#- Step 0 counts those who can take part at all. -#}
{{ config(enabled=segment_experiments.is_in_modules('funnels'), **segment_experiments.by_experiment()) }}

with assignments as (

    {{ segment_experiments.computed_rows('experiment_assignments', 'assignments', 'assigned_at') }}
    where assignments.exclusion_reason is null

),

times as (

    select * from {{ ref('segment_experiments', 'int_experiment_times') }}

),

user_funnels as (

    select * from {{ ref('segment_experiments', 'int_user_funnels') }}

),

funnels as (

    select
        funnel,
        window_seconds,
        is_mature_only
    from {{ ref('segment_experiments', 'int_funnel_steps') }}
    where step_number = 1

),

eligible as (

    select
        assignments.experiment_id,
        assignments.variant,
        funnels.funnel,
        count(*) as users
    from assignments
    cross join funnels
    where
        not funnels.is_mature_only
        or {{ segment_experiments.is_mature(
            'assignments.analysed_from', 'funnels.window_seconds', 'assignments.as_of'
        ) }}
    group by assignments.experiment_id, assignments.variant, funnels.funnel

),

reached as (

    select
        user_funnels.experiment_id,
        user_funnels.variant,
        user_funnels.funnel,
        user_funnels.step_number,
        count(*) as users
    from user_funnels
    inner join times on user_funnels.experiment_id = times.experiment_id
    inner join funnels on user_funnels.funnel = funnels.funnel
    where
        not funnels.is_mature_only
        or {{ segment_experiments.is_mature(
            'user_funnels.analysed_from', 'funnels.window_seconds', 'times.as_of'
        ) }}
    group by
        user_funnels.experiment_id,
        user_funnels.variant,
        user_funnels.funnel,
        user_funnels.step_number

),

final as (

    select
        experiment_id,
        variant,
        funnel,
        0 as step_number,
        cast(users as {{ dbt.type_bigint() }}) as users
    from eligible

    union all

    select
        experiment_id,
        variant,
        funnel,
        step_number,
        cast(users as {{ dbt.type_bigint() }}) as users
    from reached

)

select * from final
