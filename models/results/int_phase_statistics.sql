{{ config(enabled=segment_experiments.is_in_modules('effect_by_age')) }}
{#-
    All phases in one pass over the users: a row for each phase of a user would be nine times as many.
    age_needed is the age, in full days, from which on a user has lived through the phase. The trend is
    no ratio.
-#}
{%- set phases = [{
    'phase': 'trend', 'columns': {'value': 'trend', 'denominator': none},
    'is_active': 'trend <> 0', 'age_needed': segment_experiments.trend_of_phases().days
}] -%}
{%- for phase in segment_experiments.phases() -%}
{%- do phases.append({
    'phase': phase.phase, 'columns': {'value': phase.column, 'denominator': phase.denominator},
    'is_active': phase.column ~ ' <> 0 or ' ~ phase.denominator ~ ' <> 0',
    'age_needed': -1 if phase.first_day is none
        else (phase.first_day if phase.last_day is none else phase.last_day) + 1
}) -%}
{%- endfor -%}
{%- set quantities = ['value', 'denominator'] -%}
{%- set moments = ['active_users', 'total'] -%}
{%- for quantity in quantities -%}
{%- do moments.extend([quantity ~ '_center', quantity ~ '_drift']) -%}
{%- endfor -%}
{%- for one, other in segment_experiments.quantity_pairs(quantities) -%}
{%- do moments.append('moment_' ~ one ~ '_' ~ other) -%}
{%- endfor -%}
{%- set group = ['experiment_id', 'metric', 'phase'] -%}
with assignments as (

    select * from {{ ref('segment_experiments', 'experiment_assignments') }}
    where exclusion_reason is null

),

user_phases as {{ segment_experiments.not_materialized() }}(

    select * from {{ ref('segment_experiments', 'int_user_phase_metrics') }}

),

variants as (

    select * from {{ ref('segment_experiments', 'int_experiment_variants') }}
    where has_assignments

),

metrics as (

    select * from {{ ref('segment_experiments', 'int_metrics') }}

),

as_of as (

    select * from {{ ref('segment_experiments', 'int_as_of') }}

),

phases as (

    {%- for phase in phases %}

    select
        '{{ phase.phase }}' as phase,
        {{ phase.age_needed }} as age_needed
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

),

ages as (

    select
        assignments.experiment_id,
        assignments.variant,
        {{ segment_experiments.days_between('assignments.analysed_from', 'as_of.as_of') }} as age_days,
        count(*) as users
    from assignments
    cross join as_of
    group by
        assignments.experiment_id,
        assignments.variant,
        {{ segment_experiments.days_between('assignments.analysed_from', 'as_of.as_of') }}

),

phase_users as (

    select
        ages.experiment_id,
        phases.phase,
        ages.variant,
        sum(ages.users) as users
    from ages
    inner join phases on ages.age_days >= phases.age_needed
    group by ages.experiment_id, phases.phase, ages.variant

),

-- Where the values of those who have any lie, whoever is old enough.
arm_centers as {{ segment_experiments.materialized() }}(

    select
        experiment_id,
        metric,
        {%- for phase in phases %}
        {%- for quantity, column in phase.columns.items() if column %}
        coalesce(sum({{ column }}) / sum(case when {{ phase.is_active }} then 1 end), 0.0)
            as {{ column }}_center,
        {%- endfor %}
        {%- endfor %}
        variant
    from user_phases
    group by experiment_id, metric, variant

),

centered as (

    select
        user_phases.*,
        {%- for phase in phases %}
        {%- for quantity, column in phase.columns.items() if column %}
        arm_centers.{{ column }}_center,
        {%- endfor %}
        {%- endfor %}
        {{ segment_experiments.days_between('user_phases.analysed_from', 'as_of.as_of') }} as age_days
    from user_phases
    inner join arm_centers
        on {{ segment_experiments.same(
            'user_phases', 'arm_centers', ['experiment_id', 'metric', 'variant']
        ) }}
    cross join as_of

),

-- Null in a phase that the user has not lived through, or has nothing in.
deviations as (

    select
        experiment_id,
        metric,
        {%- for phase in phases %}
        {%- set counts = 'age_days >= ' ~ phase.age_needed ~ ' and (' ~ phase.is_active ~ ')' %}
        case when {{ counts }} then {{ phase.columns.value }} end as {{ phase.columns.value }},
        {%- for quantity, column in phase.columns.items() if column %}
        case when {{ counts }} then coalesce({{ column }}, 0.0) - {{ column }}_center end
            as {{ column }}_deviation,
        {{ column }}_center,
        {%- endfor %}
        {%- endfor %}
        variant
    from centered

),

-- What moments_ctes() makes, of every phase in columns of its own.
wide_moments as {{ segment_experiments.materialized() }}(

    select
        experiment_id,
        metric,
        {%- for phase in phases %}
        {%- set prefix = phase.columns.value %}
        cast(count({{ prefix }}) as {{ segment_experiments.type_double() }}) as {{ prefix }}_active_users,
        sum({{ prefix }}) as {{ prefix }}_total,
        {%- for quantity, column in phase.columns.items() %}
        {{ 'max(' ~ column ~ '_center)' if column else '0.0' }} as {{ prefix }}_{{ quantity }}_center,
        {{ 'sum(' ~ column ~ '_deviation)' if column else '0.0' }} as {{ prefix }}_{{ quantity }}_drift,
        {%- endfor %}
        {%- for one, other in segment_experiments.quantity_pairs(quantities) %}
        {{ 'sum(' ~ phase.columns[one] ~ '_deviation * ' ~ phase.columns[other] ~ '_deviation)'
            if phase.columns[one] and phase.columns[other] else '0.0' }}
            as {{ prefix }}_moment_{{ one }}_{{ other }},
        {%- endfor %}
        {%- endfor %}
        variant
    from deviations
    group by experiment_id, metric, variant

),

every_moment as (

    select
        wide_moments.experiment_id,
        wide_moments.metric,
        phases.phase,
        {%- for moment in moments %}
        case phases.phase
            {%- for phase in phases %}
            when '{{ phase.phase }}' then wide_moments.{{ phase.columns.value }}_{{ moment }}
            {%- endfor %}
        end as {{ moment }},
        {%- endfor %}
        wide_moments.variant
    from wide_moments
    cross join phases

),

moments as {{ segment_experiments.materialized() }}(

    select * from every_moment
    where active_users > 0

),

{{ segment_experiments.sums_of_moments_ctes(
    'moments', 'sums', group + ['variant'], quantities
) }},

arms as (

    select
        variants.experiment_id,
        metrics.metric,
        metrics.metric_type,
        metrics.minimum_effect,
        phases.phase,
        variants.variant,
        variants.control_variant,
        variants.is_control,
        cast(coalesce(phase_users.users, 0) as {{ dbt.type_bigint() }}) as users
    from variants
    cross join metrics
    cross join phases
    left join phase_users
        on
            variants.experiment_id = phase_users.experiment_id
            and variants.variant = phase_users.variant
            and phases.phase = phase_users.phase
    where phases.phase <> 'trend' or metrics.metric_type <> 'ratio'

),

{{ segment_experiments.sufficient_statistics_ctes('sums', 'arms', 'statistics', group) }},

final as (

    select
        experiment_id,
        metric,
        metric_type,
        minimum_effect,
        phase,
        variant,
        control_variant,
        is_control,
        {%- for column in segment_experiments.statistics_columns() %}
        {{ column }},
        {%- endfor %}
        total
    from statistics

)

select * from final
