{{ config(enabled=segment_experiments.is_in_modules(['interactions', 'marginal_effects'])) }}

with assignments as (

    select * from {{ ref('segment_experiments', 'int_current_assignments') }}

),

variants as (

    select * from {{ ref('segment_experiments', 'int_joint_variants') }}

),

levelled as (

    select
        assignments.user_key,
        assignments.assigned_user_key,
        assignments.experiment_id,
        assignments.analysed_from,
        variants.experiment_number,
        variants.variant_number,
        {{ segment_experiments.waiting_level('assignments.analysed_from', 'variants.as_of') }} as level
    from assignments
    inner join variants
        on
            assignments.experiment_id = variants.experiment_id
            and assignments.variant = variants.variant

),

users as (

    select
        user_key,
        {{ segment_experiments.days_between(
            segment_experiments.timestamp_literal('1970-01-01 00:00:00'), 'min(analysed_from)'
        ) }} as first_day
    from levelled
    group by user_key

),

-- One numbering of all users would be the work of a single machine, so each day has its own.
numbered_users as (

    select
        users.user_key,
        first_day * 10000000000
        + row_number() over (partition by first_day order by user_key) as user_number
    from users

),

final as (

    select
        numbered_users.user_number,
        levelled.experiment_number,
        levelled.variant_number,
        levelled.assigned_user_key,
        levelled.experiment_id,
        levelled.level,
        levelled.analysed_from
    from levelled
    inner join numbered_users on levelled.user_key = numbered_users.user_key

)

select * from final
