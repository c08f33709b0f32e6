{{ config(enabled=segment_experiments.exports() | length > 0) }}
with assignments as (

    select * from {{ ref('segment_experiments', 'experiment_assignments') }}

),

experiments as (

    select * from {{ ref('segment_experiments', 'mart_experiments') }}

),

slugs as (

    select
        experiment_id,
        {{ segment_experiments.column_slug('experiment_id') }} as slug
    from experiments

),

shared_slugs as (

    select slug
    from slugs
    group by slug
    having count(*) > 1

),

ranked as (

    select
        experiments.experiment_id,
        experiments.ended_at,
        experiments.status = 'concluded' as is_concluded,
        slugs.slug,
        shared_slugs.slug is not null as is_slug_shared,
        row_number() over (
            order by
                case experiments.status when 'running' then 0 when 'planned' then 1 else 2 end,
                coalesce(
                    experiments.started_at,
                    experiments.first_assigned_at,
                    {{ segment_experiments.earliest_credible_time() }}
                ) desc,
                experiments.experiment_id
        ) as experiment_rank
    from experiments
    inner join slugs on experiments.experiment_id = slugs.experiment_id
    left join shared_slugs on slugs.slug = shared_slugs.slug

),

final as (

    select
        assignments.experiment_id,
        assignments.user_id,
        assignments.variant,
        assignments.assigned_at,
        -- A visitor's assignment is a user's only since he logged in.
        case
            when assignments.first_identified_at > assignments.assigned_at
                then assignments.first_identified_at
            else assignments.assigned_at
        end as known_at,
        ranked.ended_at,
        ranked.is_concluded,
        ranked.slug,
        ranked.is_slug_shared,
        ranked.experiment_rank
    from assignments
    inner join ranked on assignments.experiment_id = ranked.experiment_id
    where {{ segment_experiments.never_exported_reason('assignments') }} is null

)

select * from final
