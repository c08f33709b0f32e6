{{ config(
    enabled=segment_experiments.is_in_modules('effect_by_age'), **segment_experiments.by_experiment()
) }}
{#-
    All phases in one pass over the users: a row for each phase of a user would be nine times as many.
-#}
{%- set phases = segment_experiments.analysed_phases() -%}
{%- set quantities = ['value', 'denominator'] -%}
{%- set moments = ['active_users', 'total'] -%}
{%- for quantity in quantities -%}
{%- do moments.extend([quantity ~ '_center', quantity ~ '_drift']) -%}
{%- endfor -%}
{%- for one, other in segment_experiments.quantity_pairs(quantities) -%}
{%- do moments.append('moment_' ~ one ~ '_' ~ other) -%}
{%- endfor -%}
{%- set group = ['experiment_id', 'metric', 'phase'] -%}
with user_phases as {{ segment_experiments.not_materialized() }}(

    select * from {{ ref('segment_experiments', 'int_user_phase_metrics') }}

),

times as (

    select * from {{ ref('segment_experiments', 'int_experiment_times') }}

),

phases as (

    {{ segment_experiments.phase_rows() }}

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
        {{ segment_experiments.days_between('user_phases.analysed_from', 'times.as_of') }} as age_days
    from user_phases
    inner join arm_centers
        on {{ segment_experiments.same(
            'user_phases', 'arm_centers', ['experiment_id', 'metric', 'variant']
        ) }}
    inner join times on user_phases.experiment_id = times.experiment_id

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

final as (

    select
        {%- for column in group %}
        {{ column }},
        {%- endfor %}
        {%- for column in segment_experiments.user_sums_columns() %}
        {{ column }},
        {%- endfor %}
        variant
    from sums

)

select * from final
