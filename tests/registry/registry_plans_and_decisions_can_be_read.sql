{{ config(severity=segment_experiments.setting('registry_severity'), store_failures=true) }}

with experiments as (

    select * from {{ ref('segment_experiments', 'stg_registry__experiments') }}

),

final as (

    {%- for name, values in segment_experiments.registry_allowed().items() %}

    select
        experiment_id,
        listed_{{ name }} as listed,
        'The {{ name }} must be {{ values }}; it counts as not given.' as message
    from experiments
    where
        listed_{{ name }} is not null
        and {{ name }} is null
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

)

select * from final
