{{ config(enabled=segment_experiments.is_in_modules('audits'), **segment_experiments.by_experiment()) }}

with traits as (

    select * from {{ ref('segment_experiments', 'stg_segment__experiment_traits') }}

),

times as (

    select * from {{ ref('segment_experiments', 'int_experiment_times') }}

),

assignments as (

    select * from {{ ref('segment_experiments', 'experiment_assignments') }}

),

identities as (

    select * from {{ ref('segment_experiments', 'identity_map') }}

),

-- Users are told apart before they are counted.
identified_users as (

    select
        traits.experiment_id,
        identities.user_key,
        min(traits.received_at) as first_received_at,
        max(traits.received_at) as last_received_at
    from traits
    inner join times on traits.experiment_id = times.experiment_id
    inner join identities
        on {{ segment_experiments.identity_join('traits', 'identities') }}
    where
        traits.mapping_status = 'mapped'
        and {{ segment_experiments.is_computed('traits.experiment_id') }}
        and {{ segment_experiments.is_in_time(
            segment_experiments.available_at('traits.received_at', 'traits.arrival_day'), 'times'
        ) }}
    group by traits.experiment_id, identities.user_key

),

exposed_users as (

    select
        experiment_id,
        user_key
    from assignments
    where
        exposures > 0
        and {{ segment_experiments.is_computed('experiment_id') }}

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
