{#-
    Without a registered end an experiment ends with its last exposure, when none has come for as long as it
    takes to settle. What is received after it has settled begins it no more.
-#}
{%- set settling_time = segment_experiments.settling_time() -%}

with exposure_days as (

    select * from {{ ref('segment_experiments', 'stg_segment__exposure_names') }}

),

names as (

    select * from {{ ref('segment_experiments', 'int_exposure_names') }}

),

registry as (

    select * from {{ ref('segment_experiments', 'stg_registry__experiments') }}

),

registered_variants as (

    select * from {{ ref('segment_experiments', 'stg_registry__experiment_variants') }}

),

as_of as (

    select * from {{ ref('segment_experiments', 'int_as_of') }}

),

experiment_ids as (

    select experiment_id from registry

    union distinct

    select experiment_id from registered_variants

    union distinct

    select experiment_id from names
    where experiment_id is not null

),

days as (

    select
        names.experiment_id,
        exposure_days.arrival_day,
        min(case when exposure_days.visitors > 0 then exposure_days.first_received_at end)
            as first_received_at,
        max(case when exposure_days.visitors > 0 then exposure_days.last_received_at end)
            as last_received_at
    from exposure_days
    inner join names
        on {{ segment_experiments.exposure_name_join('exposure_days', 'names') }}
    group by names.experiment_id, exposure_days.arrival_day

),

spans as (

    select
        experiment_id,
        min(case when first_received_at is not null then arrival_day end) as first_arrival_day,
        min(first_received_at) as first_received_at,
        max(last_received_at) as last_received_at
    from days
    group by experiment_id

),

-- Arrival days are no order of time where old rows were loaded later.
ordered_days as (

    select
        experiment_id,
        first_received_at,
        max(last_received_at) over (
            partition by experiment_id
            order by first_received_at, last_received_at
            rows between unbounded preceding and 1 preceding
        ) as received_until
    from days
    where first_received_at is not null

),

pauses as (

    select
        experiment_id,
        min(received_until) as last_received_at
    from ordered_days
    where {{ 'false' if settling_time is none else 'first_received_at > '
        ~ segment_experiments.add_seconds('received_until', settling_time) }}
    group by experiment_id

),

-- What arrived after a registered end, such as old data, is there to be analysed.
ends as (

    select
        experiment_ids.experiment_id,
        case
            when registry.ended_at is not null
                then greatest(registry.ended_at, coalesce(spans.first_received_at, registry.ended_at))
            else coalesce(pauses.last_received_at, spans.last_received_at)
        end as ended_at,
        spans.first_arrival_day,
        spans.first_received_at,
        spans.last_received_at
    from experiment_ids
    left join registry on experiment_ids.experiment_id = registry.experiment_id
    left join spans on experiment_ids.experiment_id = spans.experiment_id
    left join pauses on experiment_ids.experiment_id = pauses.experiment_id

),

settled as (

    select
        ends.*,
        {% if settling_time is none -%}
        cast(null as {{ dbt.type_timestamp() }}) as settled_at
        {%- else -%}
        {{ segment_experiments.end_of_settling('ends.ended_at', settling_time) }} as settled_at
        {%- endif %}
    from ends

),

final as (

    select
        settled.experiment_id,
        settled.settled_at,
        coalesce(settled.settled_at <= as_of.as_of, false) as is_settled,
        case when settled.settled_at <= as_of.as_of then settled.settled_at else as_of.as_of end as as_of,
        settled.first_arrival_day,
        settled.first_received_at,
        settled.last_received_at
    from settled
    cross join as_of

)

select * from final
