{#-
    How many analysed users are old enough for each phase after the assignment. A phase takes the place of
    the metric's window, so the waiting times of metrics do not matter.

    Arguments:
        assignments (string): relation as of computed_rows('experiment_assignments'), of analysed users.
        waiting_times (string): relation as of waiting_time_rows().
        target (string): relation made, as int_slice_users.
    Returns: SQL of common table expressions, the last named as target.
-#}
{% macro phase_counts_ctes(assignments, waiting_times, target) -%}
phases as (

    {{ segment_experiments.phase_rows() }}

),

aged as (

    select
        experiment_id,
        variant,
        {{ segment_experiments.days_between('analysed_from', 'as_of') }} as age_days
    from {{ assignments }}

),

ages as (

    select
        experiment_id,
        variant,
        age_days,
        count(*) as users
    from aged
    group by experiment_id, variant, age_days

),

{{ target }} as (

    select
        ages.experiment_id,
        'phase' as slice,
        '' as dimension,
        '' as raw_value,
        phases.phase as slice_value,
        ages.variant,
        {{ waiting_times }}.is_mature_only,
        {{ waiting_times }}.maturity_seconds,
        sum(ages.users) as users
    from ages
    inner join phases on ages.age_days >= phases.age_needed
    cross join {{ waiting_times }}
    group by
        ages.experiment_id,
        phases.phase,
        ages.variant,
        {{ waiting_times }}.is_mature_only,
        {{ waiting_times }}.maturity_seconds

)
{%- endmacro %}


{#-
    Sums over the users of an arm in each phase, in one pass over them: a row for each phase of a user would
    be nine times as many.

    Arguments:
        user_phases (string): relation as of int_user_phase_metrics, with as_of (timestamp); it is read twice.
        target (string): relation made, as int_metric_sums.
    Returns: SQL of common table expressions, the last named as target.
-#}
{% macro phase_sums_ctes(user_phases, target) -%}
{%- set phases = segment_experiments.analysed_phases() -%}
{%- set quantities = ['value', 'denominator'] -%}
{%- set arm = ['experiment_id', 'metric', 'variant'] -%}
phases as (

    {{ segment_experiments.phase_rows() }}

),

-- Where the values of those who have any lie, whoever is old enough.
phase_centers as {{ segment_experiments.materialized() }}(

    select
        {%- for phase in phases %}
        {%- for quantity, column in phase.columns.items() if column %}
        coalesce(sum({{ column }}) / sum(case when {{ phase.is_active }} then 1 end), 0.0)
            as {{ column }}_center,
        {%- endfor %}
        {%- endfor %}
        {{ arm | join(', ') }}
    from {{ user_phases }}
    group by {{ arm | join(', ') }}

),

centered_phases as (

    select
        {{ user_phases }}.*,
        {%- for phase in phases %}
        {%- for quantity, column in phase.columns.items() if column %}
        phase_centers.{{ column }}_center,
        {%- endfor %}
        {%- endfor %}
        {{ segment_experiments.days_between(user_phases ~ '.analysed_from', user_phases ~ '.as_of') }}
            as age_days
    from {{ user_phases }}
    inner join phase_centers
        on {{ segment_experiments.same(user_phases, 'phase_centers', arm) }}

),

-- Null in a phase that the user has not lived through, or has nothing in.
phase_deviations as (

    select
        {%- for phase in phases %}
        {%- set counts = 'age_days >= ' ~ phase.age_needed ~ ' and (' ~ phase.is_active ~ ')' %}
        case when {{ counts }} then {{ phase.columns.value }} end as {{ phase.columns.value }},
        {%- for quantity, column in phase.columns.items() if column %}
        case when {{ counts }} then coalesce({{ column }}, 0.0) - {{ column }}_center end
            as {{ column }}_deviation,
        {{ column }}_center,
        {%- endfor %}
        {%- endfor %}
        {{ arm | join(', ') }}
    from centered_phases

),

-- What moments_ctes() makes, of every phase in columns of its own.
wide_moments as {{ segment_experiments.materialized() }}(

    select
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
        {{ arm | join(', ') }}
    from phase_deviations
    group by {{ arm | join(', ') }}

),

every_moment as (

    select
        wide_moments.experiment_id,
        wide_moments.metric,
        'phase' as slice,
        '' as dimension,
        phases.phase as slice_value,
        {%- for moment in segment_experiments.moment_columns(quantities) %}
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

phase_moments as {{ segment_experiments.materialized() }}(

    select * from every_moment
    where active_users > 0

),

{{ segment_experiments.sums_of_moments_ctes(
    'phase_moments', target, arm + segment_experiments.slice_keys(), quantities
) }}
{%- endmacro %}
