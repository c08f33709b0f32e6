{{ config(enabled=segment_experiments.is_in_modules('daily')) }}
with registry as (

    select * from {{ ref('segment_experiments', 'stg_registry__experiments') }}

),

registered_variants as (

    select * from {{ ref('segment_experiments', 'stg_registry__experiment_variants') }}

),

days as (

    select * from {{ ref('segment_experiments', 'int_experiment_days') }}

),

users_by_variant as (

    select
        experiment_id,
        {{ segment_experiments.day_of_slice() }} as date_day,
        variant,
        users
    from {{ ref('segment_experiments', 'int_slice_users') }}
    where
        slice = 'date'
        and not is_mature_only

),

{{ segment_experiments.variants_ctes(
    'users_by_variant', 'final', ['experiment_id', 'date_day'], groups='days'
) }}

select * from final
