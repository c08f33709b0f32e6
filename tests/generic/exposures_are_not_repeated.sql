{#-
    Warns, and then fails, when too many exposures of an experiment repeat an earlier one of the same
    user, experiment and variant: the sign of an event that is sent on every page view instead of
    once at the assignment. It prints one line per experiment concerned, with the share.

    Usable on any table of exposure events.

    Arguments:
        model (relation): one row per exposure event.
        experiment_id, variant (SQL): what identifies the assignment.
        user (SQL): who was exposed.
        warn_share, error_share (numbers from 0 to 1, or null for the settings
            `duplicate_exposures_warn_share` and `duplicate_exposures_error_share`).
-#}
{% test exposures_are_not_repeated(
    model,
    experiment_id='experiment_id',
    variant='variant',
    user='coalesce(user_id, anonymous_id)',
    warn_share=none,
    error_share=none
) %}

{{ config(
    fail_calc='coalesce(max(severity_level), 0)',
    warn_if='>= 1',
    error_if='>= 2'
) }}

{%- set warn_share = segment_experiments.setting('duplicate_exposures_warn_share')
    if warn_share is none else warn_share %}
{%- set error_share = segment_experiments.setting('duplicate_exposures_error_share')
    if error_share is none else error_share %}

{%- set query %}
with assignments as (

    select
        {{ experiment_id }} as experiment_id,
        {{ variant }} as variant,
        {{ user }} as user_key,
        count(*) as exposures
    from {{ model }}
    group by {{ experiment_id }}, {{ variant }}, {{ user }}

),

shares as (

    select
        experiment_id,
        sum(exposures) as exposures,
        sum(exposures - 1) as duplicate_exposures,
        sum(exposures - 1) / cast(sum(exposures) as {{ segment_experiments.type_double() }}) as duplicate_share
    from assignments
    group by experiment_id

)

select
    experiment_id,
    exposures,
    duplicate_exposures,
    duplicate_share,
    {% if error_share is none %}1{% else -%}
    case when duplicate_share > {{ error_share }} then 2 else 1 end
    {%- endif %} as severity_level
from shares
where duplicate_share > {{ warn_share }}
{%- endset %}

{%- if execute and flags.WHICH in ('test', 'build') %}
    {%- for row in run_query(query) %}
        {%- do log(
            'Experiment ' ~ row['experiment_id'] ~ ': '
            ~ '%.1f' | format((row['duplicate_share'] | float) * 100)
            ~ ' % of its ' ~ row['exposures']
            ~ ' exposures repeat an earlier one of the same user and variant; send the event once'
            ~ ' per assignment, not on every page view.',
            info=true
        ) %}
    {%- endfor %}
{%- endif %}

{{ query }}

{% endtest %}
