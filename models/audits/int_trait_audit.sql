{{ config(enabled=segment_experiments.is_in_modules('audits'), **segment_experiments.by_experiment()) }}

with {{ segment_experiments.computed_traits_cte('traits') }},

assignments as (

    select * from {{ ref('segment_experiments', 'experiment_assignments') }}

),

-- Users are told apart before they are counted.
identified_users as (

    select
        experiment_id,
        user_key,
        min(received_at) as first_received_at,
        max(received_at) as last_received_at
    from traits
    group by experiment_id, user_key

),

exposed_users as (

    select
        experiment_id,
        user_key
    from assignments
    where
        exposures > 0
        and {{ segment_experiments.is_computed('experiment_id', 'assigned_at') }}

),

compared_users as (

    select
        identified_users.experiment_id,
        identified_users.user_key,
        identified_users.first_received_at,
        identified_users.last_received_at,
        exposed_users.user_key is null as is_unexposed
    from identified_users
    left join exposed_users
        on
            identified_users.experiment_id = exposed_users.experiment_id
            and identified_users.user_key = exposed_users.user_key

),

final as (

    select
        experiment_id,
        cast(sum(case when is_unexposed then 1 else 0 end) as {{ dbt.type_bigint() }}) as unexposed_users,
        cast(count(*) as {{ dbt.type_bigint() }}) as users,
        min(case when is_unexposed then first_received_at end) as first_unexposed_at,
        max(case when is_unexposed then last_received_at end) as last_unexposed_at,
        min(case when is_unexposed then user_key end) as unexposed_example
    from compared_users
    group by experiment_id

)

select * from final
