{{ config(**segment_experiments.by_experiment()) }}
{#-
    Metrics share a few waiting times, so users are counted once per waiting time, not per metric. Of days
    the changes are added up, because a user is there on many of them.
-#}
{%- set has_days = segment_experiments.is_in_modules('daily') -%}
{%- set has_dimensions = segment_experiments.is_in_modules('dimensions') -%}
{%- set has_phases = segment_experiments.is_in_modules('effect_by_age') -%}
{%- set counted = ['whole_counts'] -%}
with assignments as {{ segment_experiments.not_materialized() }}(

    {{ segment_experiments.computed_rows('experiment_assignments', 'assignments', 'assigned_at') }}
    where assignments.exclusion_reason is null

),

waiting_times as (

    {{ segment_experiments.waiting_time_rows() }}

),

whole_counts as (

    select
        assignments.experiment_id,
        'overall' as slice,
        '' as dimension,
        '' as raw_value,
        '' as slice_value,
        assignments.variant,
        waiting_times.is_mature_only,
        waiting_times.maturity_seconds,
        count(*) as users
    from assignments
    cross join waiting_times
    where
        not waiting_times.is_mature_only
        or {{ segment_experiments.is_mature(
            'assignments.analysed_from', 'waiting_times.maturity_seconds', 'assignments.as_of'
        ) }}
    group by
        assignments.experiment_id,
        assignments.variant,
        waiting_times.is_mature_only,
        waiting_times.maturity_seconds

),

{% if has_dimensions -%}
{%- do counted.append('dimension_counts') -%}
{{ segment_experiments.dimension_counts_ctes('assignments', 'waiting_times', 'dimension_counts') }},

{% endif -%}
{% if has_phases -%}
{%- do counted.append('phase_counts') -%}
{{ segment_experiments.phase_counts_ctes('assignments', 'waiting_times', 'phase_counts') }},

{% endif -%}
{% if has_days -%}
{%- do counted.append('day_counts') -%}
days as (

    select * from {{ ref('segment_experiments', 'int_experiment_days') }}
    where {{ segment_experiments.is_computed('experiment_id') }}

),

periods as (

    {{ segment_experiments.computed_rows('int_user_assignment_periods', 'periods') }}
    where periods.exclusion_reason is null

),

{{ segment_experiments.day_counts_ctes('periods', 'days', 'waiting_times', 'day_counts') }},

{% endif -%}
final as (

    {%- for relation in counted %}

    select
        experiment_id,
        slice,
        dimension,
        raw_value,
        slice_value,
        variant,
        is_mature_only,
        maturity_seconds,
        cast(users as {{ dbt.type_bigint() }}) as users
    from {{ relation }}
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

)

select * from final
