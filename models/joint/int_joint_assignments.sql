{{ config(enabled=segment_experiments.is_in_modules(['interactions', 'marginal_effects'])) }}
with assignments as (

    select * from {{ ref('segment_experiments', 'experiment_assignments') }}
    where exclusion_reason is null

),

variants as (

    select * from {{ ref('segment_experiments', 'int_joint_variants') }}

),

as_of as (

    select * from {{ ref('segment_experiments', 'int_as_of') }}

),

levelled as (

    select
        assignments.user_key,
        assignments.experiment_id,
        assignments.analysed_from,
        variants.experiment_number,
        variants.variant_number,
        {{ segment_experiments.waiting_level('assignments.analysed_from', 'as_of.as_of') }} as level
    from assignments
    inner join variants
        on
            assignments.experiment_id = variants.experiment_id
            and assignments.variant = variants.variant
    cross join as_of

),

users as (

    select
        user_key,
        min(level) as user_level,
        max(analysed_from) as last_analysed_from,
        {{ segment_experiments.days_between(
            segment_experiments.timestamp_literal('1970-01-01 00:00:00'), 'min(analysed_from)'
        ) }} as first_day
    from levelled
    group by user_key

),

-- One numbering of all users would be the work of a single machine, so each day has its own.
numbered_users as (

    select
        users.*,
        first_day * 10000000000
        + row_number() over (partition by first_day order by user_key) as user_number
    from users

),

final as (

    select
        numbered_users.user_number,
        levelled.experiment_number,
        levelled.variant_number,
        levelled.user_key,
        levelled.experiment_id,
        levelled.level,
        numbered_users.user_level,
        levelled.analysed_from,
        levelled.analysed_from = numbered_users.last_analysed_from as is_last
    from levelled
    inner join numbered_users on levelled.user_key = numbered_users.user_key

)

select * from final
