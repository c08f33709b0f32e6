{{ config(
    materialized='table_if_changed', **segment_experiments.table_layout(none, ['experiment_id', 'user_key'])
) }}
{#-
    What the assignment of a user would have been on each day, by the exposures until its end. For a
    user seen in one variant that is one period; a crossover ends it, or moves the user to the other
    variant, and the activation event begins another one. Identities, and which copy of a message
    counts, are those known today.
-#}
{%- set is_last = segment_experiments.chosen(
    'multiple_variant_policy', {'exclude': false, 'first': false, 'last': true}
) -%}
{%- set has_traits = segment_experiments.setting('assignments_from_traits') -%}
{%- set best_last = ['exposed_at', 'variant desc'] if is_last else [
    'case when assigned_at is null then 0 else 1 end',
    'coalesce(assigned_at, ' ~ segment_experiments.earliest_credible_time() ~ ') desc',
    'variant desc'
] %}

-- noqa: disable=ST03
with tracked_variants as (

    {{ segment_experiments.shared_rows('variants') }}

),

{% if is_last -%}
tracked_exposures as (

    select * from {{ ref('segment_experiments', 'int_user_exposures') }}

),

{% endif -%}
user_traits as (

    select * from {{ ref('segment_experiments', 'int_user_traits') }}

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

times as (

    select * from {{ ref('segment_experiments', 'int_experiment_times') }}

),

activations as (

    {{ segment_experiments.shared_rows('activations') }}

),

{% if has_traits -%}
tracked_since as (

    select
        user_key,
        experiment_id,
        min(first_seen_on) as tracked_on
    from tracked_variants
    group by user_key, experiment_id

),

-- A trait assigns a user until the first exposure is seen.
trait_sightings as (

    {%- for identified_at in ['first_identified_at', 'last_identified_at'] %}

    select
        user_traits.user_key,
        user_traits.experiment_id,
        user_traits.variant,
        user_traits.first_identified_at as assigned_at,
        user_traits.{{ identified_at }} as exposed_at,
        cast(user_traits.{{ identified_at }} as date) as seen_on
    from user_traits
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

),

traits as (

    select
        trait_sightings.*,
        tracked_since.tracked_on
    from trait_sightings
    left join tracked_since
        on
            trait_sightings.user_key = tracked_since.user_key
            and trait_sightings.experiment_id = tracked_since.experiment_id
    where tracked_since.tracked_on is null or trait_sightings.seen_on < tracked_since.tracked_on

),

{% endif -%}
variants as (

    select
        user_key,
        experiment_id,
        'track' as assignment_source,
        cast(null as date) as replaced_on,
        variant,
        assigned_at,
        first_seen_on,
        cast(assigned_at as date) as assigned_on
    from tracked_variants
    {%- if has_traits %}

    union all

    select
        user_key,
        experiment_id,
        'trait' as assignment_source,
        tracked_on as replaced_on,
        variant,
        min(assigned_at) as assigned_at,
        min(seen_on) as first_seen_on,
        cast(min(assigned_at) as date) as assigned_on
    from traits
    group by user_key, experiment_id, tracked_on, variant
    {%- endif %}

),

{% if is_last -%}
-- Each day on which a variant was seen can make it the last one.
events as (

    select
        user_key,
        experiment_id,
        'track' as assignment_source,
        cast(null as date) as replaced_on,
        variant,
        min(assigned_at) as assigned_at,
        max(exposed_at) as exposed_at,
        cast(coalesce(assigned_at, exposed_at) as date) as seen_on
    from tracked_exposures
    group by
        user_key, experiment_id, variant, cast(coalesce(assigned_at, exposed_at) as date)
    {%- if has_traits %}

    union all

    select
        user_key,
        experiment_id,
        'trait' as assignment_source,
        tracked_on as replaced_on,
        variant,
        min(assigned_at) as assigned_at,
        max(exposed_at) as exposed_at,
        seen_on
    from traits
    group by user_key, experiment_id, tracked_on, variant, seen_on
    {%- endif %}

),
{%- else -%}
-- Of the days on which a variant was seen only the first matters, and the first with a time.
events as (

    select
        user_key,
        experiment_id,
        assignment_source,
        replaced_on,
        variant,
        case when assigned_on = first_seen_on then assigned_at end as assigned_at,
        first_seen_on as seen_on
    from variants

    union all

    select
        user_key,
        experiment_id,
        assignment_source,
        replaced_on,
        variant,
        assigned_at,
        assigned_on as seen_on
    from variants
    where assigned_on > first_seen_on

),
{%- endif %}

-- Nearly all have one event, and with it one period; only the others are put in order.
event_counts as (

    select
        user_key,
        experiment_id,
        assignment_source,
        count(*) as events,
        min(variant) as variant,
        min(assigned_at) as assigned_at,
        min(seen_on) as seen_on,
        min(replaced_on) as replaced_on
    from events
    group by user_key, experiment_id, assignment_source

),

single_events as (

    select
        user_key,
        experiment_id,
        assignment_source,
        replaced_on,
        seen_on,
        1 as variants_seen,
        variant,
        assigned_at
    from event_counts
    where events = 1

),

several_events as (

    select events.*
    from events
    inner join event_counts
        on
            events.user_key = event_counts.user_key
            and events.experiment_id = event_counts.experiment_id
            and events.assignment_source = event_counts.assignment_source
    where event_counts.events > 1

),

ranked as (

    select
        several_events.*,
        row_number() over (
            partition by user_key, experiment_id, assignment_source
            order by {{ best_last | join(', ') }}, seen_on
        ) as preference,
        case
            when row_number() over (
                partition by user_key, experiment_id, assignment_source, variant order by seen_on
            ) = 1 then 1
            else 0
        end as is_new_variant
    from several_events

),

days as (

    select
        user_key,
        experiment_id,
        assignment_source,
        replaced_on,
        seen_on,
        max(preference) as preference,
        sum(is_new_variant) as new_variants
    from ranked
    group by user_key, experiment_id, assignment_source, replaced_on, seen_on

),

running as (

    select
        user_key,
        experiment_id,
        assignment_source,
        replaced_on,
        seen_on,
        max(preference) over (
            partition by user_key, experiment_id, assignment_source
            order by seen_on rows between unbounded preceding and current row
        ) as preference,
        sum(new_variants) over (
            partition by user_key, experiment_id, assignment_source
            order by seen_on rows between unbounded preceding and current row
        ) as variants_seen
    from days

),

chosen as (

    select
        running.user_key,
        running.experiment_id,
        running.assignment_source,
        running.replaced_on,
        running.seen_on,
        running.variants_seen,
        variants.variant,
        case when variants.assigned_on <= running.seen_on then variants.assigned_at end as assigned_at
    from running
    inner join ranked
        on
            running.user_key = ranked.user_key
            and running.experiment_id = ranked.experiment_id
            and running.assignment_source = ranked.assignment_source
            and running.preference = ranked.preference
    inner join variants
        on
            ranked.user_key = variants.user_key
            and ranked.experiment_id = variants.experiment_id
            and ranked.assignment_source = variants.assignment_source
            and ranked.variant = variants.variant

),

all_periods as (

    select
        single_events.*,
        true as is_single
    from single_events

    union all

    select
        chosen.*,
        false as is_single
    from chosen

),

{{ segment_experiments.judged_assignments_ctes(
    'all_periods', 'judged', ['user_key', 'experiment_id', 'assignment_source', 'seen_on']
) }},

with_day_before as (

    select
        {%- for name in ['seen_on', 'variant', 'assigned_at', 'exclusion_reason'] %}
        lag({{ name }}) over (
            partition by user_key, experiment_id, assignment_source
            order by seen_on
        ) as {{ name }}_before,
        {%- endfor %}
        judged.*
    from judged
    where not is_single

),

-- A day after which nothing is different begins no period.
compared as (

    select
        with_day_before.*,
        seen_on_before is not null
        and variant = variant_before
        and coalesce(assigned_at = assigned_at_before, false)
        and coalesce(exclusion_reason, '') = coalesce(exclusion_reason_before, '') as is_same
    from with_day_before

),

periods as (

    select
        experiment_id,
        user_key,
        variant,
        assigned_at,
        analysed_from,
        exclusion_reason,
        seen_on as valid_from,
        replaced_on as valid_until
    from judged
    where is_single

    union all

    select
        experiment_id,
        user_key,
        variant,
        assigned_at,
        analysed_from,
        exclusion_reason,
        seen_on as valid_from,
        coalesce(
            lead(seen_on) over (
                partition by user_key, experiment_id, assignment_source order by seen_on
            ),
            replaced_on
        ) as valid_until
    from compared
    where not is_same

),

-- Before the day of the activation the user was not analysed.
dated as (

    select
        periods.*,
        exclusion_reason is null and cast(analysed_from as date) > valid_from as is_activated_later,
        cast(analysed_from as date) as activated_on
    from periods

),

final as (

    select
        experiment_id,
        user_key,
        variant,
        assigned_at,
        analysed_from,
        exclusion_reason,
        case when is_activated_later then activated_on else valid_from end as valid_from,
        valid_until
    from dated
    where
        not is_activated_later
        or valid_until is null
        or activated_on < valid_until

    union all

    select
        experiment_id,
        user_key,
        variant,
        assigned_at,
        cast(null as {{ dbt.type_timestamp() }}) as analysed_from,
        'not_activated' as exclusion_reason,
        valid_from,
        case
            when valid_until is null or activated_on < valid_until then activated_on
            else valid_until
        end as valid_until
    from dated
    where is_activated_later

)

select * from final
