{{ config(**segment_experiments.by_arrival_day(['experiment_id'])) }}
{%- set as_of = segment_experiments.setting('as_of') %}
{%- set reasons = ['ignored', 'no_id', 'no_experiment', 'no_variant'] %}

with messages as (

    select messages.*
    from {{ ref('segment_experiments', 'stg_segment__exposure_messages') }} as messages
    where {{ segment_experiments.is_pending_row('messages') }}

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
        {%- for reason in reasons %}
        sum(case when rejection_reason = '{{ reason }}' then 1 else 0 end) as {{ reason }},
        min(case when rejection_reason = '{{ reason }}' then received_at end)
            as {{ reason }}_first,
        max(case when rejection_reason = '{{ reason }}' then received_at end) as {{ reason }}_last,
        min(case when rejection_reason = '{{ reason }}' then message_id end)
            as {{ reason }}_example,
        {%- endfor %}
        min(received_at) as first_received_at,
        max(received_at) as last_received_at
    from messages
    group by arrival_day, event_table, experiment_id

)

select * from final
