{{ config(materialized='ephemeral') }}
{#-
    All that is kept of how often a user met a variant: the first exposure, and counts. What becomes of
    users in several variants is asked of this small table.
-#}
{%- set dimensions = segment_experiments.assignment_dimensions().keys() | list -%}
{%- set keys = ['user_key', 'experiment_id', 'variant'] -%}
{%- set chosen = ['anonymous_id', 'assigned_at_source'] + dimensions -%}
{%- set exposure_order = [
    'case when assigned_at is null then 1 else 0 end',
    'coalesce(assigned_at, ' ~ segment_experiments.earliest_credible_time() ~ ')',
    'exposed_at',
    "coalesce(anonymous_id, '')",
    "coalesce(exposed_user_id, '')",
    'message_id'
] -%}

with exposures as (

    select * from {{ ref('segment_experiments', 'int_user_exposures') }}

),

grouped as (

    select
        user_key,
        experiment_id,
        variant,
        {{ segment_experiments.first_row_by('first_exposure', chosen, exposure_order) }},
        max(user_id) as user_id,
        count(*) as exposures,
        min(assigned_at) as assigned_at,
        min(cast(coalesce(assigned_at, exposed_at) as date)) as first_seen_on,
        max(exposed_at) as last_exposed_at
    from {{ segment_experiments.first_row_source('exposures', keys, exposure_order) }}
    group by user_key, experiment_id, variant

),

final as (

    select
        user_key,
        experiment_id,
        variant,
        user_id,
        {%- for name in chosen %}
        {{ segment_experiments.first_row_column('first_exposure', name) }} as {{ name }},
        {%- endfor %}
        assigned_at,
        first_seen_on,
        last_exposed_at,
        cast(exposures as {{ dbt.type_bigint() }}) as exposures
    from grouped

)

select * from final
