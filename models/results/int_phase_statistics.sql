{%- set phases = segment_experiments.phases() -%}
{%- set trend = segment_experiments.trend_of_phases() -%}
{%- set group = ['experiment_id', 'metric', 'phase'] -%}
with assignments as (

    select * from {{ ref('segment_experiments', 'experiment_assignments') }}
    where exclusion_reason is null

),

user_phases as (

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

-- From which age on, in full days, a user has lived through the phase.
phases as (

    {%- for phase in phases %}

    select
        '{{ phase.phase }}' as phase,
        {% if phase.first_day is none -%}
        -1
        {%- elif phase.last_day is none -%}
        {{ phase.first_day + 1 }}
        {%- else -%}
        {{ phase.last_day + 1 }}
        {%- endif %} as age_needed

    union all
    {%- endfor %}

    select
        'trend' as phase,
        {{ trend.days }} as age_needed

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

user_values as (

    select
        user_phases.experiment_id,
        user_phases.metric,
        user_phases.phase,
        user_phases.variant,
        user_phases.value,
        user_phases.denominator
    from user_phases
    inner join phases on user_phases.phase = phases.phase
    cross join as_of
    where
        {{ segment_experiments.days_between('user_phases.analysed_from', 'as_of.as_of') }}
        >= phases.age_needed

),

-- Where the values lie, whoever is old enough.
centers as {{ segment_experiments.materialized() }}(

    select
        experiment_id,
        metric,
        phase,
        variant,
        avg(value) as value_center,
        coalesce(sum(denominator), 0.0) / count(*) as denominator_center
    from user_phases
    group by experiment_id, metric, phase, variant

),

{{ segment_experiments.moments_ctes(
    'user_values', 'centers', 'moments', group + ['variant'], group + ['variant'],
    ['value', 'denominator']
) }},

{{ segment_experiments.sums_of_moments_ctes(
    'moments', 'sums', group + ['variant'], ['value', 'denominator']
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
