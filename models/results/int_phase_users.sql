{{ config(
    enabled=segment_experiments.is_in_modules('effect_by_age'), **segment_experiments.by_experiment()
) }}

with assignments as (

    {{ segment_experiments.computed_rows('experiment_assignments', 'assignments', 'assigned_at') }}
    where assignments.exclusion_reason is null

),

phases as (

    {{ segment_experiments.phase_rows() }}

),

aged as (

    select
        experiment_id,
        variant,
        {{ segment_experiments.days_between('analysed_from', 'as_of') }} as age_days
    from assignments

),

ages as (

    select
        experiment_id,
        variant,
        age_days,
        count(*) as users
    from aged
    group by experiment_id, variant, age_days

),

final as (

    select
        ages.experiment_id,
        phases.phase,
        ages.variant,
        cast(sum(ages.users) as {{ dbt.type_bigint() }}) as users
    from ages
    inner join phases on ages.age_days >= phases.age_needed
    group by ages.experiment_id, phases.phase, ages.variant

)

select * from final
