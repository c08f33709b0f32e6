{%- set columns = segment_experiments.columns_of_registry('experiments') -%}
with registry as (

    select * from {{ segment_experiments.registry_relation('experiments') }}

),

cleaned as (

    select
        {%- for name in [
            'experiment_id', 'control_variant', 'primary_metric', 'owner', 'hypothesis', 'activation_event'
        ] %}
        {{ segment_experiments.column_as_text(columns, name, 'registry') }} as {{ name }},
        {%- endfor %}
        {{ segment_experiments.column_as_timestamp(columns, 'started_at', 'registry') }} as started_at,
        {{ segment_experiments.end_of_experiment(columns) }} as ended_at
    from registry

),

-- A blank line is no experiment; a test of the registry tells of it.
named as (

    select * from cleaned
    where
        experiment_id is not null
        and {{ segment_experiments.is_chosen_experiment('experiment_id') }}

),

{{ segment_experiments.listed_once_ctes('named', 'final', ['experiment_id'], [
    'control_variant', 'primary_metric', 'owner', 'hypothesis', 'activation_event', 'started_at', 'ended_at'
]) }}

select * from final
