{#-
    SQL that reads raw columns whatever their type is, and null when they do not exist.
-#}

{#-
    A raw column as trimmed text, blank as null. A whole number in a float column reads '1', not
    '1.0', so that a variant id is the same whether Segment made the column INT64 or FLOAT64.

    Arguments: columns (dict, as of raw_columns()); name (string); alias (string), of the table.
    Returns: SQL, string.
-#}
{% macro column_as_text(columns, name, alias='raw_rows') -%}
    {%- set column = columns.get(name | lower) -%}
    {%- if column is none -%}
        cast(null as {{ segment_experiments.type_text() }})
    {%- else -%}
        {%- set reference = alias ~ '.' ~ segment_experiments.quoted_name(column.name) -%}
        {%- set type = column.dtype | lower -%}
        {%- if column.is_string() -%}
            nullif(trim({{ reference }}), '')
        {%- elif type in ('double', 'float', 'float64', 'float32', 'real', 'double precision') -%}
            case
                when {{ reference }} = floor({{ reference }})
                    then cast({{ segment_experiments.try_cast(reference, dbt.type_bigint()) }} as {{ segment_experiments.type_text() }})
                else cast({{ reference }} as {{ segment_experiments.type_text() }})
            end
        {%- else -%}
            nullif(trim(cast({{ reference }} as {{ segment_experiments.type_text() }})), '')
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}


{#-
    The first of several raw columns that exists and is not blank in the row, as text.

    Arguments: columns (dict, as of raw_columns()); names (list of strings); alias (string).
    Returns: SQL, string.
-#}
{% macro first_column_as_text(columns, names, alias='raw_rows') -%}
    {%- set expressions = [] -%}
    {%- for name in names if name | lower in columns -%}
        {%- do expressions.append(segment_experiments.column_as_text(columns, name, alias)) -%}
    {%- endfor -%}
    {{ segment_experiments.first_not_null(expressions, segment_experiments.type_text()) }}
{%- endmacro %}


{#-
    An id that identifies somebody: trimmed text, null when blank or in the setting `blocked_ids`
    (compared without case).

    Arguments: columns (dict, as of raw_columns()); name (string); alias (string).
    Returns: SQL, string.
-#}
{% macro column_as_identifier(columns, name, alias='raw_rows') -%}
    {%- set blocked = [] -%}
    {%- for id in segment_experiments.setting('blocked_ids') if id | string | trim != '' -%}
        {%- do blocked.append(segment_experiments.string_literal(id | string | trim | lower)) -%}
    {%- endfor -%}
    {%- set text = segment_experiments.column_as_text(columns, name, alias) -%}
    {%- if name | lower not in columns or blocked | length == 0 -%}
        {{ text }}
    {%- else -%}
        case when lower({{ text }}) not in ({{ blocked | join(', ') }}) then {{ text }} end
    {%- endif -%}
{%- endmacro %}


{#-
    The first of several raw columns that exists and holds an id in the row, see
    column_as_identifier().

    Arguments: columns (dict, as of raw_columns()); names (list of strings); alias (string).
    Returns: SQL, string.
-#}
{% macro first_column_as_identifier(columns, names, alias='raw_rows') -%}
    {%- set expressions = [] -%}
    {%- for name in names if name | lower in columns -%}
        {%- do expressions.append(segment_experiments.column_as_identifier(columns, name, alias)) -%}
    {%- endfor -%}
    {{ segment_experiments.first_not_null(expressions, segment_experiments.type_text()) }}
{%- endmacro %}


{#-
    Whether a raw row has one of some values in a column; no row has where the column does not exist.

    Arguments: columns (dict, as of raw_columns()); values (dict column name -> list, as of
    ignored_values()); alias (string).
    Returns: SQL, boolean, never null.
-#}
{% macro has_value(columns, values, alias='raw_rows') -%}
    {%- set conditions = [] -%}
    {%- for name in values if name | lower in columns -%}
        {%- set text = 'lower(' ~ segment_experiments.column_as_text(columns, name, alias) ~ ')' -%}
        {%- for value in values[name] -%}
            {%- if value is none -%}
                {%- do conditions.append(text ~ ' is null') -%}
            {%- elif '*' in value -%}
                {%- do conditions.append('coalesce(' ~ text ~ ' like '
                    ~ segment_experiments.string_literal(value | replace('*', '%')) ~ ', false)') -%}
            {%- else -%}
                {%- do conditions.append('coalesce(' ~ text ~ ' = '
                    ~ segment_experiments.string_literal(value) ~ ', false)') -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ '(' ~ conditions | join(' or ') ~ ')' if conditions else 'false' }}
{%- endmacro %}


{#-
    A raw column as a UTC timestamp, null where it is none. Text is read as ISO 8601, a number, in text
    too, as unix time.

    Arguments: columns (dict, as of raw_columns()); name (string); alias (string).
    Returns: SQL, timestamp.
-#}
{% macro column_as_timestamp(columns, name, alias='raw_rows') -%}
    {%- set column = columns.get(name | lower) -%}
    {%- if column is none -%}
        cast(null as {{ dbt.type_timestamp() }})
    {%- else -%}
        {%- set reference = alias ~ '.' ~ segment_experiments.quoted_name(column.name) -%}
        {%- set type = column.dtype | lower -%}
        {%- if column.is_string() -%}
            {%- set number = segment_experiments.try_cast(reference, segment_experiments.type_double()) -%}
            case
                when {{ number }} is null
                    then {{ segment_experiments.try_cast(reference, dbt.type_timestamp()) }}
                else {{ segment_experiments.unix_time_as_timestamp(number) }}
            end
        {%- elif 'with time zone' in type or type in ('timestamptz', 'timestamp_tz', 'timestamp_ltz') -%}
            {{ segment_experiments.as_utc(reference) }}
        {%- elif 'timestamp' in type or 'date' in type -%}
            cast({{ reference }} as {{ dbt.type_timestamp() }})
        {%- elif column.is_number() or type == 'float64' -%}
            {{ segment_experiments.unix_time_as_timestamp(reference) }}
        {%- else -%}
            cast(null as {{ dbt.type_timestamp() }})
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}


{#-
    A unix time as a UTC timestamp. It is in milliseconds, or in seconds when below 1e11, which in
    milliseconds would be 1973; 1e14 and more is none.

    Arguments: number (SQL, number).
    Returns: SQL, timestamp; null for a null.
-#}
{% macro unix_time_as_timestamp(number) -%}
    {%- set microseconds -%}
        cast(
            {{ number }} * case when abs({{ number }}) < 100000000000 then 1000000 else 1000 end
            as {{ dbt.type_bigint() }}
        )
    {%- endset -%}
    case
        when abs({{ number }}) < 100000000000000
            then {{ segment_experiments.timestamp_from_microseconds(microseconds) }}
    end
{%- endmacro %}


{#-
    The first of several raw columns that exists and is a timestamp in the row.

    Arguments: columns (dict, as of raw_columns()); names (list of strings); alias (string).
    Returns: SQL, timestamp.
-#}
{% macro first_column_as_timestamp(columns, names, alias='raw_rows') -%}
    {%- set expressions = [] -%}
    {%- for name in names if name | lower in columns -%}
        {%- do expressions.append(segment_experiments.column_as_timestamp(columns, name, alias)) -%}
    {%- endfor -%}
    {{ segment_experiments.first_not_null(expressions, dbt.type_timestamp()) }}
{%- endmacro %}


{#-
    coalesce() of any number of expressions, none included.

    Arguments: expressions (list of SQL); type (SQL type), for the null of an empty list.
-#}
{% macro first_not_null(expressions, type) -%}
    {%- if expressions | length == 0 -%}
        cast(null as {{ type }})
    {%- elif expressions | length == 1 -%}
        {{ expressions[0] }}
    {%- else -%}
        coalesce({{ expressions | join(', ') }})
    {%- endif -%}
{%- endmacro %}


{#-
    When an event happened: Segment's `timestamp`, which is corrected for a wrong client clock, but
    never after `received_at`, the one clock that is Segment's own.

    Arguments: columns (dict, as of raw_columns()); name (string), of the time column; alias
    (string), of the table.
    Returns: SQL, timestamp; null when the row has no such time.
-#}
{% macro event_time(columns, name='timestamp', alias='raw_rows') -%}
    {%- if 'received_at' not in columns or name | lower == 'received_at' -%}
        {{ segment_experiments.column_as_timestamp(columns, name, alias) }}
    {%- else -%}
        {%- set event_at = segment_experiments.column_as_timestamp(columns, name, alias) -%}
        {%- set received_at = segment_experiments.column_as_timestamp(columns, 'received_at', alias) -%}
        case
            when {{ event_at }} > {{ received_at }} then {{ received_at }}
            else {{ event_at }}
        end
    {%- endif -%}
{%- endmacro %}


{#-
    Key by which redelivered copies of one message are known: the message id, or, for a row without
    one, a value that no message id has and that differs with every column given.

    Arguments: columns (dict, as of raw_columns()); fallback (list of SQL strings); alias (string).
    Returns: SQL, string, never null.
-#}
{% macro message_key(columns, fallback, alias='raw_rows') -%}
    {%- set parts = [] -%}
    {%- for expression in fallback -%}
        {%- do parts.append("coalesce(cast(" ~ expression ~ " as " ~ segment_experiments.type_text() ~ "), '-')") -%}
    {%- endfor -%}
    coalesce(
        {{ segment_experiments.column_as_text(columns, 'id', alias) }},
        'no message id: ' || {{ parts | join(" || ' | ' || ") }}
    )
{%- endmacro %}
