{{ config(
    enabled=segment_experiments.is_in_modules('audits'),
    **segment_experiments.table_layout(none, ['experiment_id'])
) }}
{#- Only the messages of users in several variants are put together. -#}
{%- set has_device_type = 'device_type' in segment_experiments.assignment_dimensions() %}

with crossovers as (

    {{ segment_experiments.computed_rows('experiment_assignments', 'assignments', 'assigned_at') }}
    where assignments.is_crossover

),

messages as (

    select * from {{ ref('segment_experiments', 'int_user_exposures') }}

),

exposures as (

    select
        messages.user_key,
        messages.experiment_id,
        messages.anonymous_id,
        messages.exposed_user_id as user_id,
        messages.variant,
        {{ 'messages.device_type' if has_device_type
            else 'cast(null as ' ~ segment_experiments.type_text() ~ ')' }} as device_type,
        messages.exposed_at
    from messages
    inner join crossovers
        on
            messages.user_key = crossovers.user_key
            and messages.experiment_id = crossovers.experiment_id

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
