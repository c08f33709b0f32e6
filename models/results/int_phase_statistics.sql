{#-
    The trend is one more phase, in which the value of a user is the slope of his values over the
    days.
-#}
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

parts as (

    select * from {{ ref('segment_experiments', 'int_metric_parts') }}

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

slopes as (

    select
        experiment_id,
        user_key,
        variant,
        analysed_from,
        metric,
        'trend' as phase,
        sum(
            case phase
                {%- for phase, coefficient in trend.coefficients.items() %}
                when '{{ phase }}' then {{ segment_experiments.float_literal(coefficient) }} * value
                {%- endfor %}
            end
        ) as value
    from user_phases
    where
        phase in (
            {%- for phase in trend.coefficients %}
            '{{ phase }}'{{ ',' if not loop.last }}
            {%- endfor %}
        )
    group by experiment_id, user_key, variant, analysed_from, metric

),

all_phases as (

    select
        experiment_id,
        user_key,
        variant,
        analysed_from,
        metric,
        phase,
        value
    from user_phases

    union all

    select
        experiment_id,
        user_key,
        variant,
        analysed_from,
        metric,
        phase,
        value
    from slopes

),

-- A ratio has no slope of a user.
user_values as (

    select
        all_phases.experiment_id,
        parts.metric,
        all_phases.phase,
        all_phases.variant,
        sum(all_phases.value * parts.numerator_factor) as value,
        sum(all_phases.value * parts.denominator_factor) as denominator,
        {{ segment_experiments.float_literal(0) }} as covariate,
        {{ segment_experiments.float_literal(0) }} as covariate_denominator
    from all_phases
    inner join parts on all_phases.metric = parts.part
    inner join phases on all_phases.phase = phases.phase
    cross join as_of
    where
        {{ segment_experiments.days_between('all_phases.analysed_from', 'as_of.as_of') }}
        >= phases.age_needed
        and (all_phases.phase <> 'trend' or parts.metric_type <> 'ratio')
    group by
        all_phases.experiment_id,
        parts.metric,
        all_phases.phase,
        all_phases.variant,
        all_phases.user_key

),

{{ segment_experiments.user_sums_ctes('user_values', 'sums', group) }},

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
