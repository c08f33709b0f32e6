{#-
    The experiments whose user metrics this run can have changed: those that new messages belong to by
    their time or activate users of, those of users who became others, and those in which a window has
    passed since the last finished run. Too many is harmless. Copies count: one can have taken the place of
    another one with another time.
-#}
{%- set is_increment = segment_experiments.is_increment() -%}
{%- set span = segment_experiments.longest_windows() -%}
{%- set suppressed_users = ref('segment_experiments', 'int_suppressed_users') %}
-- noqa: disable=ST03
with assignments as {{ segment_experiments.not_materialized() }}(

    select * from {{ ref('segment_experiments', 'experiment_assignments') }}

),

-- Who is excluded today was analysed on the days before, and daily results still show it.
analysed_periods as {{ segment_experiments.not_materialized() }}(

    select * from {{ ref('segment_experiments', 'int_user_assignment_periods') }}
    where exclusion_reason is null

),

registry as (

    select * from {{ ref('segment_experiments', 'stg_registry__experiments') }}

),

changed_users as (

    select * from {{ ref('segment_experiments', 'int_changed_users') }}

),

events as (

    select * from {{ ref('segment_experiments', 'int_changed_events') }}

),

exposures as (

    select * from {{ ref('segment_experiments', 'int_changed_exposures') }}

),

traits as (

    select * from {{ ref('segment_experiments', 'stg_segment__identify_traits') }}

),

slugs as (

    select * from {{ ref('segment_experiments', 'int_experiment_slugs') }}

),

{% if is_increment -%}
{%- set processed = segment_experiments.existing_relation('int_processed_arrivals') -%}
{%- set tables = [] -%}
{%- for name in [
    'int_daily_metric_sums', 'int_daily_users', 'int_dimension_metric_sums', 'int_dimension_users',
    'int_experiment_days', 'int_user_metric_sums'
] -%}
    {%- do tables.append(segment_experiments.existing_relation(name)) -%}
{%- endfor -%}
suppression_changes as (
    {{ segment_experiments.suppression_changes(suppressed_users) }}

),

-- The experiments of a suppressed user are no longer known, so all that there are count.
known_experiments as (

    select experiment_id
    from assignments
    {%- for table in tables if table is not none %}

    union distinct

    select experiment_id
    from {{ table }}
    {%- endfor %}

),

{%- set as_of_before = segment_experiments.timestamp_literal(
    segment_experiments.processed_as_of(processed)
) -%}
pending_events as (

    select
        user_key,
        event_at,
        {{ segment_experiments.activation_event_of('measure') }} as activation_event
    from events
    where is_pending

),

slugs_before as (

    select
        name as slug,
        raw_table as experiment_id
    from {{ processed }}
    where kind = 'slug'

),

changed as (

    select experiment_id
    from known_experiments
    where exists (select 1 from suppression_changes)

    union distinct

    select assignments.experiment_id
    from assignments
    inner join changed_users on assignments.user_key = changed_users.user_key
    where changed_users.is_moved

    union distinct

    select experiment_id
    from exposures
    where is_pending

    union distinct

    select analysed_periods.experiment_id
    from analysed_periods
    inner join pending_events
        on
            analysed_periods.user_key = pending_events.user_key
            and pending_events.event_at >= {{ segment_experiments.add_seconds(
                'analysed_periods.assigned_at', -span.before
            ) }}
            and pending_events.event_at < {{ segment_experiments.add_seconds(
                'analysed_periods.analysed_from', span.after
            ) }}

    union distinct

    -- Whether, and from when on, a user is analysed.
    select assignments.experiment_id
    from assignments
    inner join registry on assignments.experiment_id = registry.experiment_id
    inner join pending_events
        on
            assignments.user_key = pending_events.user_key
            and registry.activation_event = pending_events.activation_event

    union distinct

    select experiment_id
    from analysed_periods
    where
        analysed_from >= {{ segment_experiments.add_seconds(as_of_before, -span.after) }}
        or valid_until >= cast({{ as_of_before }} as date)

    union distinct

    select coalesce(slugs_before.experiment_id, slugs.experiment_id) as experiment_id
    from slugs
    full outer join slugs_before
        on
            slugs.slug = slugs_before.slug
            and coalesce(slugs.experiment_id, '') = slugs_before.experiment_id
    where slugs.slug is null or slugs_before.slug is null
    {%- if segment_experiments.setting('assignments_from_traits') %}

    union distinct

    select slugs.experiment_id
    from traits
    inner join slugs on traits.slug = slugs.slug
    where {{ segment_experiments.is_pending_row('traits') }}
    {%- endif %}

),

final as (

    select experiment_id from changed
    where experiment_id <> ''

)
{%- else -%}
-- Everything is computed again, so there is nothing to choose.
final as (

    select experiment_id
    from assignments
    where 1 = 0

)
{%- endif %}

select * from final
