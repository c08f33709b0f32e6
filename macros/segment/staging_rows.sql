{#-
    Query of one raw table with ids and times cleaned, for the staging models of plain events.

    Arguments:
        raw_table (dict): {event: Segment table} or {model: name of a model}.
        fields (list of [alias, SQL]): further columns of the query, read from the alias `raw_rows`.
        timestamp (string): the time column.
    Returns: SQL of a query with message_id, event_table, anonymous_id, user_id, the fields,
    event_at, received_at and arrival_day, of the rows that this run reads; an empty string when the
    table does not exist.
-#}
{% macro staging_rows(raw_table, fields=[], timestamp='timestamp') -%}
    {%- set relation = segment_experiments.raw_relation(raw_table) -%}
    {%- set columns = segment_experiments.raw_columns(raw_table) -%}
    {%- set content = ["'" ~ (raw_table.event or raw_table.model) ~ "'"] -%}
    {%- for name in ['anonymous_id', 'user_id', timestamp] -%}
        {%- do content.append(segment_experiments.column_as_text(columns, name)) -%}
    {%- endfor -%}
    {%- for alias, expression in fields -%}
        {%- do content.append(expression) -%}
    {%- endfor -%}
    {%- if columns | length > 0 %}
    select
        {{ segment_experiments.message_key(columns, content) }} as message_id,
        '{{ segment_experiments.raw_table_name(raw_table) }}' as event_table,
        {{ segment_experiments.column_as_identifier(columns, 'anonymous_id') }} as anonymous_id,
        {{ segment_experiments.column_as_identifier(columns, 'user_id') }} as user_id,
        {%- for alias, expression in fields %}
        {{ expression }} as {{ alias }},
        {%- endfor %}
        {{ segment_experiments.event_time(columns, timestamp) }} as event_at,
        {{ segment_experiments.first_column_as_timestamp(
            columns, ['received_at', 'loaded_at', 'uuid_ts', timestamp]
        ) }} as received_at,
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
        cast(null as {{ dbt.type_timestamp() }}) as received_at,
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
    {%- set existing = [] -%}
    {%- set no_fields = [] -%}
    {%- for alias in texts -%}
        {%- do no_fields.append([alias, segment_experiments.type_text()]) -%}
    {%- endfor -%}
    {%- for raw_table in raw_tables -%}
        {%- set columns = segment_experiments.raw_columns(raw_table) -%}
        {%- set fields = [] -%}
        {%- for alias, names in texts.items() -%}
            {%- do fields.append([alias, segment_experiments.first_column_as_text(columns, names)]) -%}
        {%- endfor -%}
        {%- set rows = segment_experiments.staging_rows(raw_table, fields) -%}
        {%- if rows -%}
            {%- do existing.append(rows) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ existing | join('\n\n    union all\n') or segment_experiments.no_staging_rows(no_fields) }}
{%- endmacro %}
