{#-
    Written when everything else is done, and only by a run that did everything: a run of a part of
    the models, or one in which a model failed, leaves its work to the next.
-#}
{%- set parents = [] -%}
{%- for name in [
    'experiment_assignments',
    'identity_map',
    'int_exposure_audit',
    'int_identifiers',
    'int_identity_links',
    'int_user_activity',
    'int_user_metrics',
    'stg_segment__activity',
    'stg_segment__aliases',
    'stg_segment__exposure_messages',
    'stg_segment__identifies',
    'stg_segment__identify_traits',
    'stg_segment__metric_events'
] -%}
    {%- do parents.append(ref('segment_experiments', name)) -%}
{%- endfor -%}
{%- set arrivals = ref('segment_experiments', 'int_arrivals') -%}
{%- set state = segment_experiments.run_state(arrivals) -%}

with arrivals as (

    select * from {{ arrivals }}

),

slugs as (

    select * from {{ ref('segment_experiments', 'int_experiment_slugs') }}

),

finished as (

    select
        kind,
        raw_table,
        name,
        row_count
    from arrivals
    where kind not in ('missing', 'overlap', 'filled')

    union all

    select
        'slug' as kind,
        coalesce(experiment_id, '') as raw_table,
        slug as name,
        1 as row_count
    from slugs

),

final as (

    {% if state == 'complete' -%}
    select * from finished
    {%- elif state == 'overlap' -%}
    -- Another run began while this one went on: who wrote last is not known.
    select
        'overlap' as kind,
        '' as raw_table,
        '{{ invocation_id }}' as name,
        cast(1 as {{ dbt.type_bigint() }}) as row_count
    {%- elif segment_experiments.existing_relation('int_processed_arrivals') is not none -%}
    select * from {{ this }}
    {%- else -%}
    select * from finished
    where 1 = 0
    {%- endif %}

)

select
    kind,
    raw_table,
    name,
    row_count
from final
