{#-
    Counted as the visitors of each day, which add up without a look at the history. It is known before the
    users are: experiments are computed again when a variant becomes one of these, or ceases to be one.
-#}
{%- set smallest_share = segment_experiments.float_literal(0.01) -%}
{%- set least_visitors = 200 -%}
with names as (

    select * from {{ ref('segment_experiments', 'int_exposure_names') }}

),

registry as (

    select * from {{ ref('segment_experiments', 'stg_registry__experiments') }}

),

registered_variants as (

    select * from {{ ref('segment_experiments', 'stg_registry__experiment_variants') }}

),

experiments_with_variants as (

    select distinct experiment_id from registered_variants

),

exposure_days as (

    select * from {{ ref('segment_experiments', 'stg_segment__exposure_names') }}

),

times as (

    select * from {{ ref('segment_experiments', 'int_experiment_times') }}

),

-- What the registry lists is never a stray, and what it does not list is unknown anyway.
variants as (

    select
        names.experiment_id,
        names.variant,
        sum(exposure_days.visitors) as visitors
    from exposure_days
    inner join names
        on {{ segment_experiments.exposure_name_join('exposure_days', 'names') }}
    inner join times on names.experiment_id = times.experiment_id
    left join experiments_with_variants
        on names.experiment_id = experiments_with_variants.experiment_id
    where
        names.variant is not null
        and experiments_with_variants.experiment_id is null
        and {{ segment_experiments.is_in_time(
            segment_experiments.available_at('exposure_days.first_received_at', 'exposure_days.arrival_day'), 'times'
        ) }}
    group by names.experiment_id, names.variant
    having sum(exposure_days.visitors) > 0

),

experiments as (

    select
        experiment_id,
        sum(visitors) as visitors
    from variants
    group by experiment_id

),

arms as (

    select
        variants.experiment_id,
        count(*) as arms
    from variants
    inner join experiments on variants.experiment_id = experiments.experiment_id
    where variants.visitors >= {{ smallest_share }} * experiments.visitors
    group by variants.experiment_id

),

final as (

    select
        variants.experiment_id,
        variants.variant,
        cast(variants.visitors as {{ dbt.type_bigint() }}) as visitors
    from variants
    inner join experiments on variants.experiment_id = experiments.experiment_id
    inner join arms on variants.experiment_id = arms.experiment_id
    left join registry
        on
            variants.experiment_id = registry.experiment_id
            and variants.variant = registry.control_variant
    where
        registry.experiment_id is null
        and experiments.visitors >= {{ least_visitors }}
        and arms.arms >= 2
        and variants.visitors < {{ smallest_share }} * experiments.visitors
        and variants.visitors * arms.arms * 10 < experiments.visitors

)

select * from final
