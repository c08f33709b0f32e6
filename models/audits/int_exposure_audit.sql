{{ config(**segment_experiments.by_arrival_day(['experiment_id'], has_starts=true)) }}
{%- set as_of = segment_experiments.setting('as_of') %}
{%- set day = 86400 %}

with messages as (

    select messages.*
    from {{ ref('segment_experiments', 'stg_segment__exposure_messages') }} as messages
    where {{ segment_experiments.is_pending_row('messages', has_starts=true) }}

),

registry as (

    select * from {{ ref('segment_experiments', 'stg_registry__experiments') }}

),

starts as (

    select
        experiment_id,
        min(started_at) as started_at
    from registry
    group by experiment_id

),

compared as (

    select
        messages.*,
        starts.started_at
    from messages
    left join starts on messages.experiment_id = starts.experiment_id

),

judged as (

    select
        compared.*,
        case
            when rejection_reason is not null then rejection_reason
            when
                assigned_at_property is null
                or assigned_at_property < {{ segment_experiments.earliest_credible_time() }}
                then 'time_missing'
            when
                is_assigned_on_a_day
                and cast(assigned_at_property as date) <= cast(coalesce(exposed_at, received_at) as date)
                and (started_at is null or assigned_at_property >= started_at)
                then 'time_is_a_day'
            when
                assigned_at_property > {{ segment_experiments.add_seconds('received_at', 60) }}
                then 'time_in_the_future'
            when
                assigned_at_property > {{ segment_experiments.add_seconds('exposed_at', 60) }}
                then 'time_after_dispatch'
            when assigned_at_property < started_at then 'time_before_experiment'
        end as finding,
        rejection_reason is null
        and received_at > {{ segment_experiments.add_seconds('exposed_at', day) }} as is_late,
        rejection_reason is null and is_clock_wrong as has_wrong_clock,
        rejection_reason is null and is_copy
        {%- if as_of %}
        and coalesce(assigned_at, received_at) <= {{ segment_experiments.timestamp_literal(as_of) }}
        {%- endif %} as is_redelivered
    from compared

),

final as (

    select
        arrival_day,
        event_table,
        experiment_id,
        count(*) as deliveries,
        sum(
            case
                when rejection_reason is not null then 0
                {%- if as_of %}
                when coalesce(assigned_at, received_at)
                    > {{ segment_experiments.timestamp_literal(as_of) }} then 0
                {%- endif %}
                else 1
            end
        ) as usable,
        {%- for name, condition in segment_experiments.exposure_findings().items() %}
        sum(case when {{ condition }} then 1 else 0 end) as {{ name }},
        min(case when {{ condition }} then received_at end) as {{ name }}_first,
        max(case when {{ condition }} then received_at end) as {{ name }}_last,
        min(case when {{ condition }} then message_id end) as {{ name }}_example,
        {%- endfor %}
        max(
            case
                when is_late
                    then {{ segment_experiments.microseconds_between('exposed_at', 'received_at') }}
            end
        ) as longest_delay,
        min(received_at) as first_received_at,
        max(received_at) as last_received_at
    from judged
    group by arrival_day, event_table, experiment_id

)

select * from final
