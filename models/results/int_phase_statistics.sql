{#- From which age on, in full days, a user has lived through the phase. -#}
{%- set phases = [{
    'phase': 'trend', 'column': 'trend', 'is_active': 'trend <> 0',
    'age_needed': segment_experiments.trend_of_phases().days
}] -%}
{%- for phase in segment_experiments.phases() -%}
{%- do phases.append(dict(
    phase,
    is_active=phase.column ~ ' <> 0 or ' ~ phase.denominator ~ ' <> 0',
    age_needed=-1 if phase.first_day is none
        else (phase.first_day if phase.last_day is none else phase.last_day) + 1
)) -%}
{%- endfor -%}
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

user_values as (

    {%- for phase in phases %}

    select
        user_phases.experiment_id,
        user_phases.metric,
        '{{ phase.phase }}' as phase,
        user_phases.variant,
        user_phases.{{ phase.column }} as value,
        {{ phase.denominator or 'cast(null as ' ~ segment_experiments.type_double() ~ ')' }}
            as denominator
    from user_phases
    cross join as_of
    where
        {{ segment_experiments.add_seconds('user_phases.analysed_from', phase.age_needed * 86400) }}
        <= as_of.as_of
        and ({{ phase.is_active }})
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

),

-- Where the values of those who have any lie, whoever is old enough.
arm_centers as {{ segment_experiments.materialized() }}(

    select
        experiment_id,
        metric,
        {%- for phase in phases %}
        sum({{ phase.column }}) / sum(case when {{ phase.is_active }} then 1 end) as {{ phase.column }},
        {%- if phase.denominator %}
        sum({{ phase.denominator }}) / sum(case when {{ phase.is_active }} then 1 end)
            as {{ phase.denominator }},
        {%- endif %}
        {%- endfor %}
        variant
    from user_phases
    group by experiment_id, metric, variant

),

centers as (

    select
        arm_centers.experiment_id,
        arm_centers.metric,
        phases.phase,
        arm_centers.variant,
        coalesce(
            case phases.phase
                {%- for phase in phases %}
                when '{{ phase.phase }}' then arm_centers.{{ phase.column }}
                {%- endfor %}
            end,
            0.0
        ) as value_center,
        coalesce(
            case phases.phase
                {%- for phase in phases if phase.denominator %}
                when '{{ phase.phase }}' then arm_centers.{{ phase.denominator }}
                {%- endfor %}
            end,
            0.0
        ) as denominator_center
    from arm_centers
    cross join phases

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
