with registry as (

    select * from {{ ref('segment_experiments', 'stg_registry__experiments') }}

),

exposures as (

    select * from {{ ref('segment_experiments', 'int_exposure_audit') }}
    where usable > 0

),

experiment_ids as (

    select experiment_id from registry

    union distinct

    select experiment_id from exposures

),

slugs as (

    select
        experiment_id,
        {{ segment_experiments.column_slug('experiment_id') }} as slug
    from experiment_ids

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
