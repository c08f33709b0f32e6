{%- set first_exposure = [
    'case when assigned_at is null then 1 else 0 end',
    'coalesce(assigned_at, received_at)',
    'message_id'
] -%}

with exposures as (

    select * from {{ ref('segment_experiments', 'stg_segment__experiment_viewed') }}
    {%- if segment_experiments.setting('as_of') %}
    where coalesce(assigned_at, received_at)
        <= {{ segment_experiments.timestamp_literal(segment_experiments.setting('as_of')) }}
    {%- endif %}

),

-- Minima, maxima and counts over all time: later arrivals can be added without reading the past.
final as (

    select
        -- ids
        anonymous_id,
        user_id,
        experiment_id,
        variant,

        -- dimensions, as of the first exposure
        {%- for name in segment_experiments.assignment_dimensions() %}
        {{ segment_experiments.first_value_by(name, first_exposure) }} as {{ name }},
        {%- endfor %}

        -- measures
        count(*) as exposures,

        -- times
        min(assigned_at) as assigned_at,
        {{ segment_experiments.first_value_by('assigned_at_source', first_exposure) }}
            as assigned_at_source,
        max(coalesce(exposed_at, received_at)) as last_exposed_at
    from exposures
    group by anonymous_id, user_id, experiment_id, variant

)

select * from final
