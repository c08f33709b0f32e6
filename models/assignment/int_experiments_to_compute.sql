{#-
    An experiment rests when it was computed as of the time at which it settled, from the same rows of the
    registry. What is in here has no note any more until a run has finished, so a run that dies, or one of a
    part of the models, leaves it to the next.
-#}
{{ config(post_hook='{{ segment_experiments.forget_notes_of_experiments(this) }}') }}
{%- set notes = segment_experiments.notes_of_experiments() -%}
{%- set is_noted_for_run = segment_experiments.is_noted_for_run('models') if notes is not none else '' -%}
{%- set suppression_changes = segment_experiments.experiments_of_suppression_changes()
    if notes is not none or not execute else '' -%}
{#- Where the last variant counts, there are values from before the assignment that counts now. -#}
{%- set is_last = segment_experiments.chosen(
    'multiple_variant_policy', {'exclude': false, 'first': false, 'last': true}
) -%}
{%- set totals = none if is_last else segment_experiments.existing_relation('int_assignment_totals') -%}
{%- set begun = segment_experiments.existing_relation('int_experiments_to_compute') -%}
{%- set no_rows = "cast('9999-12-31' as date)" -%}
{%- set registry_columns = ['control_variant', 'started_at', 'ended_at', 'activation_event'] -%}

with times as (

    select * from {{ ref('segment_experiments', 'int_experiment_times') }}

),

registry as (

    select * from {{ ref('segment_experiments', 'stg_registry__experiments') }}

),

registered_variants as (

    select * from {{ ref('segment_experiments', 'stg_registry__experiment_variants') }}

),

stray_variants as (

    select * from {{ ref('segment_experiments', 'int_stray_variants') }}

),

slugs as (

    select * from {{ ref('segment_experiments', 'int_experiment_slugs') }}

),

-- All that an experiment depends on beside the messages.
parts as (

    select
        experiment_id,
        'experiment: ' || {{ segment_experiments.row_as_text(registry_columns) }} as part
    from registry

    union all

    select
        experiment_id,
        'variant: ' || {{ segment_experiments.row_as_text(['variant', 'expected_share']) }} as part
    from registered_variants

    union all

    select
        experiment_id,
        'stray: ' || variant as part
    from stray_variants

    union all

    select
        experiment_id,
        'slug: ' || slug as part
    from slugs
    where experiment_id is not null

),

fingerprints as (

    select
        experiment_id,
        {{ dbt.hash(segment_experiments.string_list('part')) }} as fingerprint
    from parts
    group by experiment_id

),

known as (

    select
        times.experiment_id,
        times.settled_at,
        times.as_of,
        coalesce(fingerprints.fingerprint, '') as fingerprint
    from times
    left join fingerprints on times.experiment_id = fingerprints.experiment_id
    where {{ segment_experiments.is_chosen_experiment('times.experiment_id') }}

),

{% if notes is not none -%}
grouped_notes as (

    select
        experiment_id,
        min(fingerprint) as fingerprint,
        min(as_of) as as_of,
        max(case when {{ is_noted_for_run }} then 0 else 1 end) as has_other_models,
        max(case when {{ dbt.position("'int_assignment_totals'", 'models') }} > 0 then 0 else 1 end) as has_no_totals
    from {{ notes }}
    group by experiment_id

),

-- From which day on there are assignments of an experiment; far away when there are none with a time.
notes as (

    select
        grouped_notes.*,
        {% if totals is none -%}
        cast(null as date) as kept_from
        {%- else -%}
        case
            when grouped_notes.has_no_totals = 0
                then coalesce(cast(totals.first_assigned_at as date), {{ no_rows }})
        end as kept_from
        {%- endif %}
    from grouped_notes
    {%- if totals is not none %}
    left join {{ totals }} as totals on grouped_notes.experiment_id = totals.experiment_id
    {%- endif %}

),

suppression_changes as (
    {{ suppression_changes }}

),

final as (

    select
        known.experiment_id,
        known.fingerprint,
        {% if begun is none -%}
        notes.kept_from
        {%- else -%}
        case
            when notes.experiment_id is null and begun.experiment_id is null then {{ no_rows }}
            else notes.kept_from
        end as kept_from
        {%- endif %}
    from known
    left join notes on known.experiment_id = notes.experiment_id
    {%- if begun is not none %}
    -- What the last run, which may have died, did not compute either has no rows.
    left join {{ begun }} as begun on known.experiment_id = begun.experiment_id
    {%- endif %}
    left join suppression_changes on known.experiment_id = suppression_changes.experiment_id
    where
        notes.experiment_id is null
        or notes.fingerprint <> known.fingerprint
        or notes.has_other_models = 1
        or suppression_changes.experiment_id is not null
        {%- if segment_experiments.has_news() %}
        or coalesce(notes.as_of < known.settled_at, true)
        {%- else %}
        or coalesce(notes.as_of < known.as_of, false)
        {%- endif %}

    union all

    -- Experiments that are gone, with all that was computed of them.
    select
        notes.experiment_id,
        notes.fingerprint,
        notes.kept_from
    from notes
    left join known on notes.experiment_id = known.experiment_id
    where known.experiment_id is null

)
{%- else -%}
final as (

    select
        experiment_id,
        fingerprint,
        cast(null as date) as kept_from
    from known

)
{%- endif %}

select * from final
