{%- set first_exposure = [
    'case when assigned_at is null then 1 else 0 end',
    'coalesce(assigned_at, last_exposed_at)',
    "coalesce(anonymous_id, '')",
    "coalesce(exposed_user_id, '')"
] -%}

with exposures as (

    select * from {{ ref('segment_experiments', 'int_exposures') }}

),

identities as (

    select * from {{ ref('segment_experiments', 'identity_map') }}

),

stitched as (

    select
        identities.user_key,
        identities.user_id,
        exposures.user_id as exposed_user_id,
        exposures.anonymous_id,
        exposures.experiment_id,
        exposures.variant,
        {%- for name in segment_experiments.assignment_dimensions() %}
        exposures.{{ name }},
        {%- endfor %}
        exposures.exposures,
        exposures.assigned_at,
        exposures.assigned_at_source,
        exposures.last_exposed_at
    from exposures
    inner join identities
        on {{ segment_experiments.identity_join('exposures', 'identities') }}

),

final as (

    select
        -- ids
        user_key,
        experiment_id,
        variant,
        max(user_id) as user_id,
        {{ segment_experiments.first_value_by('anonymous_id', first_exposure) }} as anonymous_id,

        -- dimensions, as of the first exposure
        {%- for name in segment_experiments.assignment_dimensions() %}
        {{ segment_experiments.first_value_by(name, first_exposure) }} as {{ name }},
        {%- endfor %}

        -- measures
        sum(exposures) as exposures,

        -- times
        min(assigned_at) as assigned_at,
        {{ segment_experiments.first_value_by('assigned_at_source', first_exposure) }}
            as assigned_at_source,
        max(last_exposed_at) as last_exposed_at
    from stitched
    group by user_key, experiment_id, variant

)

select * from final
