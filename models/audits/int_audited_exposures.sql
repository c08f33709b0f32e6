{{ config(enabled=segment_experiments.is_in_modules('audits'), materialized='ephemeral') }}
{%- set findings = segment_experiments.exposure_findings().keys() | list %}
{%- set stale_after = segment_experiments.setting('stale_after_hours') * 3600 %}
{%- set names = segment_experiments.found_names_of_nothing() %}
{%- set numeric = segment_experiments.numeric_variant_columns() %}

with arrivals as (

    select * from {{ ref('segment_experiments', 'int_exposure_audit') }}

),

as_of as (

    select * from {{ ref('segment_experiments', 'int_as_of') }}

),

times as (

    select * from {{ ref('segment_experiments', 'int_experiment_times') }}

),

names as (

    select * from {{ ref('segment_experiments', 'int_exposure_names') }}

),

tables as (

    select
        arrivals.*,
        event_table in (
            {%- for name in numeric.names %}
            '{{ name }}',
            {%- endfor %}
            ''
        ) as is_number_column
    from arrivals

),

message_counts as (

    select
        experiment_id,
        sum(deliveries) as deliveries,
        {%- for name in findings %}
        sum({{ name }}) as {{ name }},
        min({{ name }}_first) as {{ name }}_first,
        max({{ name }}_last) as {{ name }}_last,
        min({{ name }}_example) as {{ name }}_example,
        {%- endfor %}
        {%- for aggregate, column in [
            ('sum', 'no_variant'), ('min', 'no_variant_first'), ('max', 'no_variant_last'),
            ('min', 'no_variant_example')
        ] %}
        {{ aggregate }}(case when is_number_column then {{ column }} end) as lost_{{ column }},
        {%- endfor %}
        max(longest_delay) as longest_delay
    from tables
    group by experiment_id

),

dated_arrivals as (

    select
        arrivals.*,
        {{ segment_experiments.available_at('first_received_at', 'arrival_day') }} as first_available_at
    from arrivals

),

-- What came on a day and was received in part before the experiment settled counts as in time.
settled_arrivals as (

    select
        arrivals.experiment_id,
        arrivals.usable,
        cast(cast(times.settled_at as date) as {{ segment_experiments.type_text() }}) as settled_on,
        case
            when {{ segment_experiments.is_in_time('arrivals.first_available_at', 'times') }} then 0
            else arrivals.usable
        end as too_late,
        arrivals.first_received_at,
        arrivals.last_received_at
    from dated_arrivals as arrivals
    inner join times on arrivals.experiment_id = times.experiment_id

),

open_experiments as (

    select
        experiment_id,
        first_received_at,
        last_received_at,
        not is_settled
        and as_of > {{ segment_experiments.add_seconds('first_received_at', 180 * 86400) }}
            as is_open_for_long
    from times
    where first_received_at is not null

),

sent as (

    select
        'experiment' as kind,
        '' as scope,
        experiment_id,
        sent_experiment_id as id,
        sent_experiment_name as name,
        experiment_id as label,
        first_received_at,
        last_received_at
    from names

    union all

    select
        'variant' as kind,
        experiment_id as scope,
        experiment_id,
        sent_variant_id as id,
        sent_variant as name,
        variant as label,
        first_received_at,
        last_received_at
    from names

),

named_ids as (

    select
        'id_with_several_names' as check_name,
        experiment_id,
        count(distinct name) > 1 as is_affected,
        min(first_received_at) as first_received_at,
        max(last_received_at) as last_received_at,
        kind || ' ' || id || ': ' || {{ segment_experiments.string_list('name') }} as example
    from sent
    where id is not null
    group by kind, experiment_id, id

),

-- A name that means one thing in spite of several ids does no harm: the registry has it.
meant_names as (

    select
        'name_with_several_ids' as check_name,
        case when count(distinct experiment_id) = 1 then min(experiment_id) end as experiment_id,
        count(distinct label) > 1 as is_affected,
        min(first_received_at) as first_received_at,
        max(last_received_at) as last_received_at,
        kind || ' ' || name || ': ' || {{ segment_experiments.string_list('label') }} as example
    from sent
    where name is not null
    group by kind, scope, name

),

table_arrivals as (

    select
        {{ segment_experiments.plain_table_name('event_table') }} as event_table,
        max(last_received_at) as last_received_at
    from arrivals
    group by {{ segment_experiments.plain_table_name('event_table') }}

),

table_ages as (

    select
        table_arrivals.event_table,
        table_arrivals.last_received_at,
        as_of.as_of
        > {{ segment_experiments.add_seconds('table_arrivals.last_received_at', stale_after) }}
            as is_stale
    from table_arrivals
    cross join as_of

),

final as (

    {%- for name, check_name in [
        ('ignored', 'exposure_ignored'),
        ('no_id', 'exposure_without_id'),
        ('no_experiment', 'exposure_without_experiment'),
        ('no_variant', 'exposure_without_variant'),
        ('time_missing', 'assignment_time_missing'),
        ('time_is_a_day', 'assignment_time_is_a_day'),
        ('time_in_the_future', 'assignment_time_in_the_future'),
        ('time_after_dispatch', 'assignment_time_after_dispatch'),
        ('time_before_experiment', 'assignment_time_before_experiment'),
        ('clock_wrong', 'client_clock_wrong'),
        ('redelivered', 'redelivered_exposure')
    ] %}
    select
        '{{ check_name }}' as check_name,
        experiment_id,
        {{ name }} as affected_rows,
        deliveries as total_rows,
        {{ name }}_first as first_seen_at,
        {{ name }}_last as last_seen_at,
        {{ name }}_example as example
    from message_counts

    union all
    {% endfor %}
    select
        'variant_lost_in_number_column' as check_name,
        experiment_id,
        coalesce(lost_no_variant, 0) as affected_rows,
        deliveries as total_rows,
        lost_no_variant_first as first_seen_at,
        lost_no_variant_last as last_seen_at,
        lost_no_variant_example as example
    from message_counts

    union all

    select
        'exposure_arrived_late' as check_name,
        experiment_id,
        arrived_late as affected_rows,
        deliveries as total_rows,
        arrived_late_first as first_seen_at,
        arrived_late_last as last_seen_at,
        case
            when arrived_late > 0
                then arrived_late_example || ' (the latest of all: ' || cast(
                    cast(floor(longest_delay / 3600000000) as {{ dbt.type_bigint() }})
                    as {{ segment_experiments.type_text() }}
                ) || ' hours)'
        end as example
    from message_counts

    union all

    select
        'exposure_after_settled' as check_name,
        experiment_id,
        sum(too_late) as affected_rows,
        sum(usable) as total_rows,
        min(case when too_late > 0 then first_received_at end) as first_seen_at,
        max(case when too_late > 0 then last_received_at end) as last_seen_at,
        max(case when too_late > 0 then 'settled on ' || settled_on end) as example
    from settled_arrivals
    group by experiment_id

    union all

    select
        'experiment_open_for_long' as check_name,
        experiment_id,
        case when is_open_for_long then 1 else 0 end as affected_rows,
        1 as total_rows,
        case when is_open_for_long then first_received_at end as first_seen_at,
        case when is_open_for_long then last_received_at end as last_seen_at,
        case when is_open_for_long then experiment_id end as example
    from open_experiments

    union all

    {%- for source in ['named_ids', 'meant_names'] %}

    select
        check_name,
        experiment_id,
        sum(case when is_affected then 1 else 0 end) as affected_rows,
        count(*) as total_rows,
        min(case when is_affected then first_received_at end) as first_seen_at,
        max(case when is_affected then last_received_at end) as last_seen_at,
        min(case when is_affected then example end) as example
    from {{ source }}
    group by check_name, experiment_id

    union all
    {%- endfor %}

    select
        'source_stale' as check_name,
        cast(null as {{ segment_experiments.type_text() }}) as experiment_id,
        coalesce(sum(case when is_stale then 1 else 0 end), 0) as affected_rows,
        count(*) as total_rows,
        min(case when is_stale then last_received_at end) as first_seen_at,
        max(case when is_stale then last_received_at end) as last_seen_at,
        min(case when is_stale then event_table end) as example
    from table_ages

    union all

    select
        'variant_column_is_a_number' as check_name,
        cast(null as {{ segment_experiments.type_text() }}) as experiment_id,
        {{ numeric.columns | length }} as affected_rows,
        {{ numeric.tables }} as total_rows,
        cast(null as {{ dbt.type_timestamp() }}) as first_seen_at,
        cast(null as {{ dbt.type_timestamp() }}) as last_seen_at,
        {{ numeric.example }} as example

    union all

    select
        'setting_names_nothing' as check_name,
        cast(null as {{ segment_experiments.type_text() }}) as experiment_id,
        {{ names.missing | length }} as affected_rows,
        {{ names.looked_up }} as total_rows,
        cast(null as {{ dbt.type_timestamp() }}) as first_seen_at,
        cast(null as {{ dbt.type_timestamp() }}) as last_seen_at,
        {% if names.missing -%}
        {{ segment_experiments.string_literal(names.missing | join('; ')) }}
        {%- else -%}
        cast(null as {{ segment_experiments.type_text() }})
        {%- endif %} as example

)

select * from final
