{{ config(**segment_experiments.by_experiment()) }}
{#- All users are added up where they are read, once for each way to cut them into slices. -#}
{%- set has_days = segment_experiments.is_in_modules('daily') -%}
{%- set has_phases = segment_experiments.is_in_modules('effect_by_age') -%}
{%- set all_sums = ['whole_sums'] -%}
with user_metrics as {{ segment_experiments.not_materialized() }}(

    select * from {{ ref('segment_experiments', 'int_analysed_user_metrics') }}
    where {{ segment_experiments.is_computed('experiment_id', 'analysed_from') }}

),

slice_users as (

    select * from {{ ref('segment_experiments', 'int_slice_users') }}
    where {{ segment_experiments.is_computed('experiment_id') }}

),

assignments as (

    select * from {{ ref('segment_experiments', 'experiment_assignments') }}
    where
        exclusion_reason is null
        and {{ segment_experiments.is_computed('experiment_id', 'assigned_at') }}

),

{{ segment_experiments.dimension_sums_ctes('user_metrics', 'assignments', 'slice_users', 'whole_sums') }},

{% if has_days -%}
{%- do all_sums.append('day_sums') -%}
days as (

    select * from {{ ref('segment_experiments', 'int_experiment_days') }}
    where {{ segment_experiments.is_computed('experiment_id') }}

),

metrics as (

    select * from {{ ref('segment_experiments', 'int_metrics') }}

),

user_states as {{ segment_experiments.not_materialized() }}(

    {{ segment_experiments.computed_rows('int_user_metric_states', 'states', 'analysed_from') }}

),

eligible_states as {{ segment_experiments.not_materialized() }}(

    select
        user_states.*,
        metrics.cap_percentile
    from user_states
    inner join metrics on user_states.metric = metrics.metric
    where
        not metrics.is_mature_only
        or {{ segment_experiments.is_mature(
            'user_states.analysed_from', 'metrics.maturity_seconds', 'user_states.as_of'
        ) }}

),

{{ segment_experiments.day_sums_ctes('eligible_states', 'days', 'slice_users', 'metrics', 'day_sums') }},

{% endif -%}
{% if has_phases -%}
{%- do all_sums.append('phase_sums') -%}
user_phases as {{ segment_experiments.not_materialized() }}(

    {{ segment_experiments.computed_rows('int_user_phase_metrics', 'phases') }}

),

{{ segment_experiments.phase_sums_ctes('user_phases', 'phase_sums') }},

{% endif -%}
final as (

    {%- for sums in all_sums %}

    select
        experiment_id,
        metric,
        {%- for key in segment_experiments.slice_keys() %}
        {{ key }},
        {%- endfor %}
        {%- for column in segment_experiments.user_sums_columns() %}
        {{ column }},
        {%- endfor %}
        variant
    from {{ sums }}
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

)

select * from final
