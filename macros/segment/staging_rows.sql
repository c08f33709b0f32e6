{#-
    Query of one raw table with ids and times cleaned, for the staging models of plain events.

    Arguments:
        raw_table (dict): as of raw_tables_of().
        fields (list of [alias, SQL]): further columns of the query, read from the alias `raw_rows`.
        timestamp (string): the time column.
    Returns: SQL of a query with message_id, event_table, anonymous_id, user_id, the fields,
    event_at, is_day (whether the time says a day only), received_at, content_digest and arrival_day, of
    the rows that this run reads; an empty string when the table does not exist. Only rows of models have a
    digest: those of Segment are never changed.
-#}
{% macro staging_rows(raw_table, fields=[], timestamp='timestamp') -%}
    {%- set relation = segment_experiments.raw_relation(raw_table) -%}
    {%- set columns = segment_experiments.raw_columns(raw_table) -%}
    {%- set event_time = segment_experiments.event_time(raw_table, columns, timestamp) -%}
    {%- set content = ["'" ~ segment_experiments.raw_table_name(raw_table) ~ "'"] -%}
    {%- for name in ['anonymous_id', 'user_id', timestamp] -%}
        {%- do content.append(segment_experiments.column_as_text(columns, name)) -%}
    {%- endfor -%}
    {%- for alias, expression in fields -%}
        {%- do content.append(expression) -%}
    {%- endfor -%}
    {%- set key = segment_experiments.message_key(columns, content) -%}
    {%- if columns | length > 0 %}
    select
        {{ key }} as message_id,
        '{{ segment_experiments.raw_table_name(raw_table) }}' as event_table,
        {{ segment_experiments.column_as_identifier(columns, 'anonymous_id') }} as anonymous_id,
        {{ segment_experiments.column_as_identifier(columns, 'user_id') }} as user_id,
        {%- for alias, expression in fields %}
        {{ expression }} as {{ alias }},
        {%- endfor %}
        {{ event_time.time }} as event_at,
        {{ event_time.is_day }} as is_day,
        {{ segment_experiments.first_column_as_timestamp(
            columns, segment_experiments.receipt_columns(timestamp)
        ) }} as received_at,
        {% if raw_table.model -%}
        {{ dbt.hash(segment_experiments.row_as_text([key] + content)) }} as content_digest,
        {%- else -%}
        cast(null as {{ segment_experiments.type_text() }}) as content_digest,
        {%- endif %}
        {{ segment_experiments.arrival_day(raw_table, columns) }} as arrival_day
    from {{ relation }} as raw_rows
    where {{ segment_experiments.is_pending_arrival(raw_table, columns) }}
    {%- endif -%}
{%- endmacro %}


{#-
    A query with the columns of staging_rows() and no row, for when no table exists.

    Arguments: fields (list of [alias, SQL type]).
-#}
{% macro no_staging_rows(fields=[]) %}
    select
        {%- for alias in ['message_id', 'event_table', 'anonymous_id', 'user_id'] %}
        cast(null as {{ segment_experiments.type_text() }}) as {{ alias }},
        {%- endfor %}
        {%- for alias, type in fields %}
        cast(null as {{ type }}) as {{ alias }},
        {%- endfor %}
        cast(null as {{ dbt.type_timestamp() }}) as event_at,
        false as is_day,
        cast(null as {{ dbt.type_timestamp() }}) as received_at,
        cast(null as {{ segment_experiments.type_text() }}) as content_digest,
        cast(null as date) as arrival_day
    from (select 1 as nothing) as no_table
    where nothing = 0
{%- endmacro %}


{#-
    The rows of several raw tables, one below the other; no row when none of them exists.

    Arguments: raw_tables (list of dicts as of staging_rows()); texts (dict alias -> list of columns),
    further columns: the first that exists and is not null in the row, as text.
-#}
{% macro united_staging_rows(raw_tables, texts={}) %}
    {%- set rows = [] -%}
    {%- set no_fields = [] -%}
    {%- for alias in texts -%}
        {%- do no_fields.append([alias, segment_experiments.type_text()]) -%}
    {%- endfor -%}
    {%- for raw_table in raw_tables -%}
        {%- set columns = segment_experiments.raw_columns(raw_table) -%}
        {%- do rows.append(segment_experiments.staging_rows(
            raw_table, segment_experiments.text_fields(columns, texts)
        )) -%}
    {%- endfor -%}
    {{ segment_experiments.united_rows(rows, no_fields) }}
{%- endmacro %}


{#-
    Queries of staging_rows(), one below the other.

    Arguments: queries (list of SQL; an empty string where a table does not exist); no_fields (list of
    [alias, SQL type]), their further columns.
    Returns: SQL of a query; of no row when no table exists.
-#}
{% macro united_rows(queries, no_fields) %}
    {{- queries | select | join('\n\n    union all\n') or segment_experiments.no_staging_rows(no_fields) -}}
{% endmacro %}


{#-
    Further columns of staging_rows(): of each the first that exists and is not null in the row, as text.

    Arguments: columns (dict, as of raw_columns()); texts (dict alias -> list of column names).
    Returns: list of [alias, SQL].
-#}
{% macro text_fields(columns, texts) %}
    {% set fields = [] %}
    {% for alias, names in texts.items() %}
        {% do fields.append([alias, segment_experiments.first_column_as_text(columns, names)]) %}
    {% endfor %}
    {{ return(fields) }}
{% endmacro %}


{#- The further columns of stg_segment__activity, as of text_fields(). -#}
{% macro activity_texts() %}
    {{ return({'session_id': ['context_session_id', 'session_id']}) }}
{% endmacro %}


{#-
    The further columns of stg_segment__metric_events: value_<n> of each measure of a table, null where the
    row is none of the measure; unread_value_<n> where a column is summed: what it says where that is no
    number, '' where it says nothing; event_at_<n> and is_day_<n> where the measure has a time column of its
    own.

    Arguments: group (dict), an entry of measures_by_source(); is_told (boolean), whether the log names
    times that are dates.
    Returns: list of [alias, SQL].
-#}
{% macro measure_fields(group, is_told=false) %}
    {% set columns = segment_experiments.raw_columns(group.source) %}
    {% set fields = [] %}
    {% for measure in group.measures %}
        {% if measure.value is not none %}
            {% set amount = segment_experiments.column_as_number(columns, measure.value) %}
            {% set column = columns.get(measure.value | lower) %}
            {% set text = segment_experiments.column_as_text(columns, measure.value) %}
            {#- column_as_text() takes NaN and infinity for nothing. -#}
            {% if column is not none and segment_experiments.is_number_column(column) %}
                {% set text = 'cast(raw_rows.' ~ segment_experiments.quoted_name(column.name) ~ ' as '
                    ~ segment_experiments.type_text() ~ ')' %}
            {% endif %}
            {#- NaN, infinity and what is beyond any amount would spoil the sums of everybody; the square of what
                is all but nothing is below the smallest number, at which PostgreSQL stops. -#}
            {% set is_amount = 'abs(' ~ amount ~ ') <= 1e30' %}
            {% set number = 'case when ' ~ is_amount ~ ' and abs(' ~ amount ~ ') >= 1e-30 then ' ~ amount
                ~ ' else 0 end' %}
            {% do fields.append(['unread_value_' ~ loop.index,
                'case when ' ~ is_amount ~ ' then null else coalesce(substr(' ~ text ~ ", 1, 100), '') end"
            ]) %}
        {% else %}
            {% set number = segment_experiments.float_literal(1) %}
        {% endif %}
        {% set counted %}
            {%- if measure.where -%}
                {%- set condition = segment_experiments.condition_on(measure.where, columns) -%}
                {#- On lines of its own: on BigQuery a comment can begin with # as well. -#}
                case
                    when (
                        {{ condition.sql }}
                    ) then {{ number }}
                end
            {%- else -%}
                {{ number }}
            {%- endif -%}
        {% endset %}
        {% do fields.append(['value_' ~ loop.index, counted]) %}
        {% if measure.timestamp != 'timestamp' %}
            {% set event_time = segment_experiments.event_time(group.source, columns, measure.timestamp) %}
            {% do fields.append(['event_at_' ~ loop.index, event_time.time]) %}
            {% do fields.append(['is_day_' ~ loop.index, event_time.is_day]) %}
        {% endif %}
        {% set time_column = columns.get(measure.timestamp | lower) %}
        {% if is_told and time_column is not none and segment_experiments.column_kind(time_column) == 'date' %}
            {% do log(
                'segment_experiments: ' ~ segment_experiments.raw_table_name(group.source) ~ '.'
                ~ measure.timestamp ~ ' says days without a time: an event counts as if it happened at the end'
                ~ ' of its day, or when it was received.',
                info=true
            ) %}
        {% endif %}
    {% endfor %}
    {{ return(fields) }}
{% endmacro %}


{#-
    What stg_segment__metric_events reads.

    Returns: list of dicts as of measures_by_source(), of the tables that exist, with rows (SQL of a query,
    staging_rows()) and name (string).
-#}
{% macro metric_event_sources() %}
    {% set sources = [] %}
    {% for group in segment_experiments.measures_by_source() %}
        {% set rows = segment_experiments.staging_rows(
            group.source, segment_experiments.measure_fields(group, is_told=true)
        ) %}
        {% if rows %}
            {% do sources.append(dict(group, rows=rows, name='source_' ~ loop.index)) %}
        {% endif %}
    {% endfor %}
    {{ return(sources) }}
{% endmacro %}
