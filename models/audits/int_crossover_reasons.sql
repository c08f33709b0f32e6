{{ config(
    enabled=segment_experiments.is_in_modules('audits'),
    **segment_experiments.by_user(cluster_by=['experiment_id'])
) }}
{#-
    Only the messages of users in several variants are put together, so the history of all others is
    not read for it.
-#}
{%- set has_device_type = 'device_type' in segment_experiments.assignment_dimensions() -%}
{%- set as_of = segment_experiments.setting('as_of') -%}
{%- set is_increment = segment_experiments.is_increment() -%}
{%- set changed_users = ref('segment_experiments', 'int_changed_users') -%}
{%- set changed_exposures = ref('segment_experiments', 'int_changed_exposures') -%}
{%- set messages = ref('segment_experiments', 'stg_segment__exposure_messages') -%}
{%- set all_identities = ref('segment_experiments', 'identity_map') -%}
with crossovers as (

    select
        assignments.experiment_id,
        assignments.user_key
    from {{ ref('segment_experiments', 'experiment_assignments') }} as assignments
    {%- if is_increment %}
    inner join {{ changed_users }} as changed_users
        on assignments.user_key = changed_users.user_key
    {%- endif %}
    where assignments.is_crossover

),

{% if is_increment -%}
known_messages as (

    select * from {{ changed_exposures }}

),
{%- else -%}
crossover_users as (

    select distinct user_key from crossovers

),

crossover_identities as (

    select identities.*
    from {{ all_identities }} as identities
    inner join crossover_users on identities.user_key = crossover_users.user_key

),

known_messages as (

    select
        messages.*,
        identities.user_key
    from {{ messages }} as messages
    inner join crossover_identities as identities
        on {{ segment_experiments.identity_join('messages', 'identities') }}
    where messages.rejection_reason is null

),
{%- endif %}

exposures as (

    select
        messages.user_key,
        messages.experiment_id,
        messages.anonymous_id,
        messages.user_id,
        messages.variant,
        {{ 'messages.device_type' if has_device_type
            else 'cast(null as ' ~ segment_experiments.type_text() ~ ')' }} as device_type,
        coalesce(messages.exposed_at, messages.received_at) as exposed_at
    from known_messages as messages
    inner join crossovers
        on
            messages.user_key = crossovers.user_key
            and messages.experiment_id = crossovers.experiment_id
    where
        not messages.is_copy
    {%- if as_of %}
        and coalesce(messages.assigned_at, messages.received_at)
        <= {{ segment_experiments.timestamp_literal(as_of) }}
    {%- endif %}

),

-- What kept the variant, or did not: the browser, or the account where a server assigns.
places as (

    select
        user_key,
        experiment_id,
        coalesce(anonymous_id, user_id) as identifier,
        count(distinct variant) as variants,
        min(device_type) as smallest_device_type,
        max(device_type) as largest_device_type,
        min(exposed_at) as first_used_at,
        max(exposed_at) as last_used_at
    from exposures
    group by user_key, experiment_id, coalesce(anonymous_id, user_id)

),

ordered_places as (

    select
        places.*,
        max(last_used_at) over (
            partition by user_key, experiment_id
            order by first_used_at, identifier
            rows between unbounded preceding and 1 preceding
        ) as others_used_until
    from places

),

final as (

    select
        user_key,
        experiment_id,
        case
            when max(variants) > 1 then 'rerandomised'
            when
                min(smallest_device_type) <> max(largest_device_type)
                or max(case when others_used_until >= first_used_at then 1 else 0 end) = 1
                then 'second_device'
            else 'lost_cookie'
        end as reason
    from ordered_places
    group by user_key, experiment_id

)

select * from final
