with registry as (

    select * from {{ segment_experiments.registry_relation('experiment_variants') }}

),

cleaned as (

    select
        trim(cast(experiment_id as {{ segment_experiments.type_text() }})) as experiment_id,
        trim(cast(variant as {{ segment_experiments.type_text() }})) as variant,
        cast(expected_share as {{ segment_experiments.type_double() }}) as expected_share
    from registry

),

{{ segment_experiments.listed_once_ctes(
    'cleaned', 'final', ['experiment_id', 'variant'], ['expected_share']
) }}

select * from final
