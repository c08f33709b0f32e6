{{ config(enabled=segment_experiments.is_in_modules('funnels')) }}
with variants as (

    select * from {{ ref('segment_experiments', 'int_experiment_variants') }}
    where has_assignments

),

steps as (

    select * from {{ ref('segment_experiments', 'int_funnel_steps') }}

),

counts as (

    select * from {{ ref('segment_experiments', 'int_funnel_counts') }}

),

-- Every variant has a row for every step, whether anybody reached it or not.
counted as (

    select
        variants.experiment_id,
        variants.variant,
        variants.is_control,
        steps.funnel,
        steps.step_number,
        steps.step,
        cast(coalesce(eligible.users, 0) as {{ dbt.type_bigint() }}) as eligible_users,
        cast(coalesce(reached.users, 0) as {{ dbt.type_bigint() }}) as reached_users
    from variants
    cross join steps
    left join counts as eligible
        on
            variants.experiment_id = eligible.experiment_id
            and variants.variant = eligible.variant
            and steps.funnel = eligible.funnel
            and eligible.step_number = 0
    left join counts as reached
        on
            variants.experiment_id = reached.experiment_id
            and variants.variant = reached.variant
            and steps.funnel = reached.funnel
            and steps.step_number = reached.step_number

),

followed as (

    select
        counted.*,
        coalesce(
            lag(reached_users) over (
                partition by experiment_id, variant, funnel order by step_number
            ),
            eligible_users
        ) as previous_users
    from counted

),

bases as (

    select 'start' as basis

    union all

    select 'previous' as basis

),

rates as (

    select
        followed.experiment_id,
        followed.funnel,
        followed.step_number,
        followed.variant,
        followed.is_control,
        followed.step,
        followed.eligible_users,
        followed.reached_users,
        followed.previous_users,
        bases.basis,
        case bases.basis when 'start' then followed.eligible_users else followed.previous_users end
            as users
    from followed
    cross join bases

),

shares as (

    select
        rates.*,
        case
            when users > 0
                then reached_users / cast(users as {{ segment_experiments.type_double() }})
        end as mean
    from rates

),

arms as (

    select
        shares.*,
        {{ segment_experiments.share_variance('mean', 'users') }} as variance
    from shares

),

{{ segment_experiments.compare_to_control_ctes(
    'arms', 'compared', ['experiment_id', 'funnel', 'step_number', 'basis']
) }},

-- The two comparisons of a step beside each other.
final as (

    select
        experiment_id,
        funnel,
        variant,
        is_control,
        cast(step_number as {{ dbt.type_bigint() }}) as step_number,
        step,
        eligible_users,
        previous_users,
        reached_users as users,
        max(case when basis = 'start' then mean end) as rate_from_start,
        max(case when basis = 'previous' then mean end) as rate_from_previous,
        max(case when basis = 'start' then absolute_lift end) as absolute_lift,
        max(case when basis = 'start' then absolute_lift_lower end) as absolute_lift_lower,
        max(case when basis = 'start' then absolute_lift_upper end) as absolute_lift_upper,
        max(case when basis = 'start' then p_value end) as p_value,
        max(case when basis = 'start' then status end) as status,
        max(case when basis = 'previous' then absolute_lift end) as lift_from_previous,
        max(case when basis = 'previous' then absolute_lift_lower end) as lift_from_previous_lower,
        max(case when basis = 'previous' then absolute_lift_upper end) as lift_from_previous_upper,
        max(case when basis = 'previous' then p_value end) as p_value_from_previous,
        max(case when basis = 'previous' then status end) as status_from_previous
    from compared
    group by
        experiment_id,
        funnel,
        variant,
        is_control,
        step_number,
        step,
        eligible_users,
        previous_users,
        reached_users

)

select * from final
