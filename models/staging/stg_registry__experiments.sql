{%- set has_activation = segment_experiments.has_registry_column('experiments', 'activation_event') -%}
with registry as (

    select * from {{ segment_experiments.registry_relation('experiments') }}

),

cleaned as (

    select
        trim(cast(experiment_id as {{ segment_experiments.type_text() }})) as experiment_id,
        nullif(trim(cast(control_variant as {{ segment_experiments.type_text() }})), '') as control_variant,
        nullif(trim(cast(primary_metric as {{ segment_experiments.type_text() }})), '') as primary_metric,
        nullif(trim(cast(owner as {{ segment_experiments.type_text() }})), '') as owner,
        nullif(trim(cast(hypothesis as {{ segment_experiments.type_text() }})), '') as hypothesis,
        {%- if has_activation %}
        nullif(trim(cast(activation_event as {{ segment_experiments.type_text() }})), '') as activation_event,
        {%- else %}
        cast(null as {{ segment_experiments.type_text() }}) as activation_event,
        {%- endif %}
        cast(started_at as {{ dbt.type_timestamp() }}) as started_at,
        cast(ended_at as {{ dbt.type_timestamp() }}) as ended_at
    from registry

),

{{ segment_experiments.listed_once_ctes('cleaned', 'final', ['experiment_id'], [
    'control_variant', 'primary_metric', 'owner', 'hypothesis', 'activation_event', 'started_at', 'ended_at'
]) }}

select * from final
