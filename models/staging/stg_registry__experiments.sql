{%- set columns = segment_experiments.columns_of_registry('experiments') -%}
{%- set texts = [
    'control_variant', 'primary_metric', 'owner', 'hypothesis', 'activation_event', 'goal_metrics',
    'guardrail_metrics', 'decision', 'unit'
] -%}
{%- set times = ['started_at', 'ended_at', 'planned_end', 'decided_at'] -%}
{%- set choices = segment_experiments.registry_choices() -%}
{%- set numbers = segment_experiments.registry_numbers() -%}
{#- As the registry has them, for the tests of what counts as not given. -#}
{%- set listed = {
    'listed_decision_rule': 'decision_rule', 'listed_role': 'role', 'listed_minimum_days': 'minimum_days',
    'listed_target_effect': 'target_effect', 'listed_planned_end': 'planned_end', 'listed_decided_at': 'decided_at'
} -%}
with registry as (

    select * from {{ segment_experiments.registry_relation('experiments') }}

),

cleaned as (

    select
        {%- for name in ['experiment_id'] + texts %}
        {{ segment_experiments.column_as_text(columns, name, 'registry') }} as {{ name }},
        {%- endfor %}
        {%- for alias, name in listed.items() %}
        {{ segment_experiments.column_as_text(columns, name, 'registry') }} as {{ alias }},
        {%- endfor %}
        {%- for name, allowed in choices.items() %}
        {%- set choice = 'lower(' ~ segment_experiments.column_as_text(columns, name, 'registry') ~ ')' %}
        case when {{ segment_experiments.is_one_of(choice, allowed) }} then {{ choice }} end as {{ name }},
        {%- endfor %}
        {%- for name, limits in numbers.items() %}
        {%- set number = segment_experiments.column_as_number(columns, name, 'registry') %}
        case when {{ number }} between {{ limits[0] }} and {{ limits[1] }} then {{ number }} end
            as {{ name }},
        {%- endfor %}
        {{ segment_experiments.column_as_timestamp(columns, 'started_at', 'registry') }} as started_at,
        {{ segment_experiments.end_of_experiment(columns) }} as ended_at,
        {{ segment_experiments.end_of_experiment(columns, 'planned_end') }} as planned_end,
        {{ segment_experiments.column_as_timestamp(columns, 'decided_at', 'registry') }} as decided_at
    from registry

),

-- A blank line is no experiment; a test of the registry tells of it.
named as (

    select * from cleaned
    where
        experiment_id is not null
        and {{ segment_experiments.is_chosen_experiment('experiment_id') }}

),

{{ segment_experiments.listed_once_ctes(
    'named', 'final', ['experiment_id'],
    texts + times + choices.keys() | list + numbers.keys() | list + listed.keys() | list
) }}

select * from final
