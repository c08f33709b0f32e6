with registry as (

    select * from {{ ref('segment_experiments', 'stg_registry__experiments') }}

),

exposures as (

    select * from {{ ref('segment_experiments', 'int_exposure_audit') }}
    where usable > 0

),

names as (

    select * from {{ ref('segment_experiments', 'int_exposure_names') }}
    where sent_experiment_id is not null

),

-- A trait may say the id of an experiment that is shown by its name.
experiment_ids as (

    select
        experiment_id,
        experiment_id as spelling
    from registry

    union distinct

    select
        experiment_id,
        experiment_id as spelling
    from exposures

    union distinct

    select
        names.experiment_id,
        names.sent_experiment_id as spelling
    from names
    inner join exposures on names.experiment_id = exposures.experiment_id

),

spelled as (

    select
        experiment_id,
        {{ segment_experiments.column_slug('spelling') }} as slug
    from experiment_ids

),

slugs as (

    select distinct
        experiment_id,
        slug
    from spelled

),

final as (

    select
        slug,
        case when count(*) = 1 then min(experiment_id) end as experiment_id,
        {{ segment_experiments.string_list('experiment_id') }} as experiment_ids,
        count(*) > 1 as is_ambiguous
    from slugs
    where slug <> ''
    group by slug

)

select * from final
