{#-
    Arrival of a raw row in the warehouse, by which the runs are cut: never the time of the event,
    which can be late by any time. Only the day matters, and a day is taken again when its number of
    rows has changed, so nothing can fall between two runs.
-#}

{#-
    Column that says when a row arrived.

    Arguments: raw_table (dict), {event: Segment table} or {model: name of a model}; columns (dict,
    as of raw_columns()).
    Returns: string, the name of a column; '' when there is none. On BigQuery the pseudo column
    `_PARTITIONTIME` where the table is partitioned by load time, as Segment's are.
-#}
{% macro arrival_column(raw_table, columns) %}
    {% if segment_experiments.is_partitioned_by_load_time(raw_table) %}
        {{ return('_PARTITIONTIME') }}
    {% endif %}
    {% for name in segment_experiments.as_list(segment_experiments.setting('arrival_column'))
        if name | lower in columns %}
        {{ return(name | lower) }}
    {% endfor %}
    {{ return('') }}
{% endmacro %}


{#-
    Whether BigQuery partitions a raw table by the day of the load.

    Arguments: raw_table (dict).
    Returns: boolean; false on warehouses without such tables, and while dbt parses.
-#}
{% macro is_partitioned_by_load_time(raw_table) %}
    {{ return(adapter.dispatch(
        'is_partitioned_by_load_time', 'segment_experiments'
    )(raw_table)) }}
{% endmacro %}

{% macro default__is_partitioned_by_load_time(raw_table) %}
    {{ return(false) }}
{% endmacro %}


{#-
    The arrival of a row as a timestamp.

    Arguments: raw_table (dict); columns (dict, as of raw_columns()); alias (string).
    Returns: SQL, timestamp, null where it is not known.
-#}
{% macro arrived_at(raw_table, columns, alias='raw_rows') -%}
    {%- set name = segment_experiments.arrival_column(raw_table, columns) -%}
    {%- if name == '_PARTITIONTIME' -%}
        {{ alias }}._PARTITIONTIME
    {%- elif name == '' -%}
        cast(null as {{ dbt.type_timestamp() }})
    {%- else -%}
        {{ segment_experiments.column_as_timestamp(columns, name, alias, is_bare=true) }}
    {%- endif -%}
{%- endmacro %}


{#- Day that stands for rows without an arrival time, or with one that is none; they are one heap. -#}
{% macro unknown_arrival_day() -%}
    1970-01-01
{%- endmacro %}


{#-
    The day (UTC) a row arrived.

    Arguments: raw_table (dict); columns (dict, as of raw_columns()); alias (string).
    Returns: SQL, date, never null.
-#}
{% macro arrival_day(raw_table, columns, alias='raw_rows') -%}
    {%- set arrived_at = segment_experiments.arrived_at(raw_table, columns, alias) -%}
    case
        when {{ segment_experiments.is_no_arrival(arrived_at) }}
            then cast('{{ segment_experiments.unknown_arrival_day() }}' as date)
        else cast({{ arrived_at }} as date)
    end
{%- endmacro %}


{#-
    Condition that an arrival time is none: null, and what stands for it, such as 9999-12-31 or `infinity`.

    Arguments: arrived_at (SQL, timestamp).
    Returns: SQL, boolean, never null; comparisons with constants, by which partitions are skipped.
-#}
{% macro is_no_arrival(arrived_at) -%}
    {{ arrived_at }} is null or {{ arrived_at }} < {{ segment_experiments.timestamp_literal(
        segment_experiments.next_day(segment_experiments.unknown_arrival_day())
    ) }} or {{ arrived_at }} >= {{ segment_experiments.timestamp_literal('9999-01-01') }}
{%- endmacro %}


{#-
    Number of a raw row whose sum over a day tells replaced rows from the same ones. It reads
    received_at, and the arrival column where that is one of the user's own; so where counting costs
    nothing (load partitions of BigQuery) it is left out.

    Arguments: raw_table (dict); columns (dict, as of raw_columns()); alias (string).
    Returns: SQL, integer, never null.
-#}
{% macro row_checksum(raw_table, columns, alias='raw_rows') -%}
    {%- if segment_experiments.arrival_column(raw_table, columns) == '_PARTITIONTIME' -%}
        0
    {%- else -%}
        {%- set names = segment_experiments.receipt_columns() -%}
        {%- set times = [segment_experiments.first_column_as_timestamp(columns, names, alias)] -%}
        {%- if segment_experiments.arrival_column(raw_table, columns) not in names + [''] -%}
            {%- do times.append(segment_experiments.arrived_at(raw_table, columns, alias)) -%}
        {%- endif -%}
        {%- for time in times -%}
        {{ ' + ' if not loop.first -}}
        coalesce(
            mod(
                {{ segment_experiments.microseconds_between(
                    segment_experiments.timestamp_literal('1970-01-01 00:00:00'), time
                ) }},
                1000000007
            ),
            0
        )
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}


{#-
    Condition that a raw row arrived on a day that this run has to read. The days are constants and
    the arrival column stands alone, so that the warehouse skips the partitions of all other days.

    Arguments: raw_table (dict); columns (dict, as of raw_columns()); alias (string).
    Returns: SQL, boolean; `true` in a run that reads everything.
-#}
{% macro is_pending_arrival(raw_table, columns, alias='raw_rows') -%}
    {%- set work = segment_experiments.work() -%}
    {%- if not work.is_increment -%}
        true
    {%- else -%}
        {%- set arrived_at = segment_experiments.arrived_at(raw_table, columns, alias) -%}
        {%- set conditions = [] -%}
        {%- for first, last in segment_experiments.day_ranges(
            work.days.get(segment_experiments.raw_table_name(raw_table), [])
        ) -%}
            {%- if first == segment_experiments.unknown_arrival_day() -%}
                {%- do conditions.append(segment_experiments.is_no_arrival(arrived_at)) -%}
            {%- endif -%}
            {%- do conditions.append(
                '(' ~ arrived_at ~ ' >= ' ~ segment_experiments.timestamp_literal(first)
                ~ ' and ' ~ arrived_at ~ ' < '
                ~ segment_experiments.timestamp_literal(segment_experiments.next_day(last)) ~ ')'
            ) -%}
        {%- endfor -%}
        {{ '(' ~ conditions | join(' or ') ~ ')' if conditions else 'false' }}
    {%- endif -%}
{%- endmacro %}


{#-
    Condition that a row of an incremental staging model arrived on a day that this run reads.

    Arguments: alias (string), of a relation with event_table and arrival_day; has_starts (boolean), whether what
    is made of it depends on the starts of experiments in the registry.
    Returns: SQL, boolean; `true` in a run that reads everything.
-#}
{% macro is_pending_row(alias, has_starts=false) -%}
    {%- set work = segment_experiments.work() -%}
    {%- if not work.is_increment and segment_experiments.adds_to_table() and work.expired_days -%}
        not {{ segment_experiments.is_of_days(work.expired_days, alias ~ '.') }}
    {%- elif not work.is_increment or (has_starts and work.has_other_starts) -%}
        true
    {%- else -%}
        {{ segment_experiments.is_of_days(work.days, alias ~ '.') }}
    {%- endif -%}
{%- endmacro %}


{#-
    Condition that a row arrived on one of some days.

    Arguments: days (dict), raw table -> list of 'YYYY-MM-DD'; prefix (string), before the columns
    event_table and arrival_day.
    Returns: SQL, boolean.
-#}
{% macro is_of_days(days, prefix='') -%}
    {%- set conditions = [] -%}
    {%- for raw_table in days | sort -%}
        {%- set literals = [] -%}
        {%- for day in days[raw_table] | sort -%}
            {%- do literals.append("cast('" ~ day ~ "' as date)") -%}
        {%- endfor -%}
        {%- do conditions.append(
            '(' ~ prefix ~ "event_table = '" ~ raw_table ~ "' and "
            ~ prefix ~ 'arrival_day in (' ~ literals | join(', ') ~ '))'
        ) -%}
    {%- endfor -%}
    {{ '(' ~ conditions | join(' or ') ~ ')' if conditions else 'false' }}
{%- endmacro %}


{#-
    Condition that a row arrived before the last of the days that this run reads, and at most
    `redelivery_days` before the first: where copies of the messages that it reads can be.

    Returns: SQL, boolean, of event_table and arrival_day; none in a run that reads nothing, or everything, unless
    days have expired.
-#}
{% macro days_of_copies() %}
    {% set work = segment_experiments.work() %}
    {% if not work.is_increment %}
        {{ return(segment_experiments.is_of_days(work.expired_days) if work.expired_days else none) }}
    {% endif %}
    {% set redelivery_days = segment_experiments.setting('redelivery_days') %}
    {% set conditions = [] %}
    {% for raw_table in work.days | sort if work.days[raw_table] %}
        {% set days = work.days[raw_table] | sort %}
        {% set parts = ["event_table = '" ~ raw_table ~ "'", "arrival_day < cast('" ~ days[-1] ~ "' as date)"] %}
        {% if redelivery_days is not none %}
            {% do parts.append(
                "arrival_day >= cast('" ~ segment_experiments.day_after(days[0], -redelivery_days) ~ "' as date)"
            ) %}
        {% endif %}
        {% do conditions.append('(' ~ parts | join(' and ') ~ ')') %}
    {% endfor %}
    {{ return('(' ~ conditions | join(' or ') ~ ')' if conditions else none) }}
{% endmacro %}


{#-
    Neighbouring days joined to ranges.

    Arguments: days (list of 'YYYY-MM-DD').
    Returns: list of [first day, last day], both included, in ascending order.
-#}
{% macro day_ranges(days) %}
    {% set ranges = [] %}
    {% for day in days | sort %}
        {% if ranges and segment_experiments.next_day(ranges[-1][1]) == day %}
            {% do ranges[-1].pop() %}
            {% do ranges[-1].append(day) %}
        {% else %}
            {% do ranges.append([day, day]) %}
        {% endif %}
    {% endfor %}
    {{ return(ranges) }}
{% endmacro %}


{#- The day after a day. Arguments: day ('YYYY-MM-DD'). Returns: 'YYYY-MM-DD'. -#}
{% macro next_day(day) %}
    {{ return(segment_experiments.day_after(day, 1)) }}
{% endmacro %}


{#- The day a number of days after a day. Arguments: day ('YYYY-MM-DD'), days (integer). Returns: 'YYYY-MM-DD'. -#}
{% macro day_after(day, days) %}
    {% set start = modules.datetime.datetime.strptime(day, '%Y-%m-%d') %}
    {{ return((start + modules.datetime.timedelta(days=days)).strftime('%Y-%m-%d')) }}
{% endmacro %}
