{#-
    SQL that reads raw columns whatever their type is, and null when they do not exist.
-#}

{#-
    What a column holds, whatever the warehouse calls its type.

    Arguments: column (Column).
    Returns: string: text, integer, decimal, float, boolean, date, time, zoned time, or other.
-#}
{% macro column_kind(column) %}
    {% set type = column.dtype | lower %}
    {% set name = type.split('(')[0] | trim %}
    {% if column.is_string() %}
        {{ return('text') }}
    {% elif 'with time zone' in type or name in ['timestamptz', 'timestamp_tz', 'timestamp_ltz'] %}
        {{ return('zoned time') }}
    {% elif 'timestamp' in name or name == 'datetime' %}
        {{ return('time') }}
    {% elif name in ['boolean', 'bool'] %}
        {{ return('boolean') }}
    {% elif name == 'date' %}
        {{ return('date') }}
    {% elif name in ['double', 'float', 'float64', 'float32', 'float4', 'float8', 'real', 'double precision'] %}
        {{ return('float') }}
    {% elif name in ['decimal', 'numeric', 'number', 'bignumeric', 'fixed'] %}
        {{ return('decimal') }}
    {% elif column.is_number() or name in [
        'int64', 'int8', 'int4', 'int2', 'hugeint', 'uhugeint', 'ubigint', 'uinteger', 'usmallint', 'utinyint',
        'tinyint', 'byteint'
    ] %}
        {{ return('integer') }}
    {% endif %}
    {{ return('other') }}
{% endmacro %}


{#- Whether a column holds numbers. Arguments: column (Column). Returns: boolean. -#}
{% macro is_number_column(column) %}
    {{ return(segment_experiments.column_kind(column) in ['integer', 'decimal', 'float']) }}
{% endmacro %}


{#-
    A raw column as trimmed text, blank as null. A whole number in a float or decimal column reads '1',
    not '1.0', so that a variant id is the same whether Segment made the column INT64 or FLOAT64.

    Arguments: columns (dict, as of raw_columns()); name (string); alias (string), of the table.
    Returns: SQL, string.
-#}
{% macro column_as_text(columns, name, alias='raw_rows') -%}
    {%- set column = columns.get(name | lower) -%}
    {%- if column is none -%}
        cast(null as {{ segment_experiments.type_text() }})
    {%- else -%}
        {%- set reference = alias ~ '.' ~ segment_experiments.quoted_name(column.name) -%}
        {%- set kind = segment_experiments.column_kind(column) -%}
        {%- set text = 'cast(' ~ reference ~ ' as ' ~ segment_experiments.type_text() ~ ')' -%}
        {%- if kind == 'text' -%}
            nullif({{ segment_experiments.trimmed(reference) }}, '')
        {%- elif kind == 'float' -%}
            case
                when {{ reference }} = floor({{ reference }})
                    then cast({{ segment_experiments.try_cast(reference, dbt.type_bigint()) }} as {{ segment_experiments.type_text() }})
                else {{ text }}
            end
        {%- elif kind == 'decimal' -%}
            case
                when {{ text }} like '%.%' then rtrim(rtrim({{ text }}, '0'), '.')
                else {{ text }}
            end
        {%- elif kind == 'boolean' -%}
            case when {{ reference }} then 'true' when not {{ reference }} then 'false' end
        {%- else -%}
            nullif({{ segment_experiments.trimmed(text) }}, '')
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}


{#-
    A raw column as a number: a number column as it is, text by number_of_text(); nothing else is one, a
    boolean neither.

    Arguments: columns (dict, as of raw_columns()); name (string); alias (string).
    Returns: SQL, 64-bit float, null where it is no number; NaN and infinity of a number column stay.
-#}
{% macro column_as_number(columns, name, alias='raw_rows') -%}
    {%- set column = columns.get(name | lower) -%}
    {%- if column is not none and segment_experiments.is_number_column(column) -%}
        cast({{ alias ~ '.' ~ segment_experiments.quoted_name(column.name) }} as {{ segment_experiments.type_double() }})
    {%- elif column is not none and segment_experiments.column_kind(column) == 'text' -%}
        {{ segment_experiments.number_of_text(segment_experiments.column_as_text(columns, name, alias)) }}
    {%- else -%}
        cast(null as {{ segment_experiments.type_double() }})
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
    A raw column as a UTC timestamp. It is null where the column holds no time, and outside of the years 1900
    to 8999: such values stand for "no time" (`0001-01-01`, `9999-12-31`, infinity), and warehouses cannot
    calculate with them. Text is read as ISO 8601; a number, also one in a text, as unix time.

    Arguments: columns (dict, as of raw_columns()); name (string); alias (string); is_bare (boolean): a time
    or date column stands alone in the SQL, with any time in it, so that partitions are skipped by it.
    Returns: SQL, timestamp; of a date its first moment.
-#}
{% macro column_as_timestamp(columns, name, alias='raw_rows', is_bare=false) -%}
    {%- set column = columns.get(name | lower) -%}
    {%- if column is none -%}
        cast(null as {{ dbt.type_timestamp() }})
    {%- else -%}
        {%- set reference = alias ~ '.' ~ segment_experiments.quoted_name(column.name) -%}
        {%- set kind = segment_experiments.column_kind(column) -%}
        {%- set time = 'cast(' ~ reference ~ ' as ' ~ dbt.type_timestamp() ~ ')' -%}
        {%- if kind == 'zoned time' -%}
            {%- set time = segment_experiments.as_utc(reference) -%}
        {%- endif -%}
        {%- if kind == 'text' -%}
            {%- set text = segment_experiments.column_as_text(columns, name, alias) -%}
            case
                when {{ segment_experiments.is_number_text(text) }}
                    then {{ segment_experiments.unix_time_as_timestamp(
                        segment_experiments.column_as_number(columns, name, alias)
                    ) }}
                when {{ segment_experiments.matches_pattern(text, '^(19|[2-8][0-9])[0-9]{2}[^0-9]') }}
                    then {{ segment_experiments.try_cast(text, dbt.type_timestamp()) }}
            end
        {%- elif kind in ['time', 'zoned time', 'date'] and is_bare -%}
            {{ time }}
        {%- elif kind in ['time', 'zoned time'] -%}
            case
                when
                    {{ time }} >= {{ segment_experiments.timestamp_literal('1900-01-01') }}
                    and {{ time }} < {{ segment_experiments.timestamp_literal('9000-01-01') }}
                    then {{ time }}
            end
        {%- elif kind == 'date' -%}
            case
                when {{ reference }} >= cast('1900-01-01' as date) and {{ reference }} < cast('9000-01-01' as date)
                    then {{ time }}
            end
        {%- elif segment_experiments.is_number_column(column) -%}
            {{ segment_experiments.unix_time_as_timestamp(
                segment_experiments.column_as_number(columns, name, alias)
            ) }}
        {%- else -%}
            cast(null as {{ dbt.type_timestamp() }})
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}


{#-
    A unix time as a UTC timestamp. It is in milliseconds, or in seconds when below 1e11, which in
    milliseconds would be 1973; 1e14 and more is none, and what lies before 1900 neither.

    Arguments: number (SQL, 64-bit float).
    Returns: SQL, timestamp; null for a null.
-#}
{% macro unix_time_as_timestamp(number) -%}
    {%- set microseconds -%}
        cast(
            {{ number }} * case when {{ number }} < 100000000000 then 1000000 else 1000 end
            as {{ dbt.type_bigint() }}
        )
    {%- endset -%}
    case
        when {{ number }} >= -2208988800 and {{ number }} < 100000000000000
            then {{ segment_experiments.timestamp_from_microseconds(microseconds) }}
    end
{%- endmacro %}


{#-
    Whether a raw column says a day and no time of it: a date, a text that is one, and midnight to the
    microsecond, which is how dates are written into time columns. Midnight with an offset in a text is that
    of its own time zone.

    Arguments: columns (dict, as of raw_columns()); name (string); alias (string).
    Returns: SQL, boolean, never null.
-#}
{% macro says_a_day(columns, name, alias='raw_rows') -%}
    {%- set column = columns.get(name | lower) -%}
    {%- if column is none -%}
        false
    {%- else -%}
        {%- set time = segment_experiments.column_as_timestamp(columns, name, alias) -%}
        {%- set midnight = time ~ ' = cast(cast(' ~ time ~ ' as date) as ' ~ dbt.type_timestamp() ~ ')' -%}
        {%- if segment_experiments.column_kind(column) == 'text' -%}
            {%- set text = segment_experiments.column_as_text(columns, name, alias) -%}
            coalesce(
                case
                    when {{ segment_experiments.is_number_text(text) }} then {{ midnight }}
                    else {{ segment_experiments.matches_pattern(
                        text, '^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([T ]00:00(:00([.]0+)?)?( ?(Z|UTC|[-+][0-9:]+))?)?$'
                    ) }}
                end,
                false
            )
        {%- else -%}
            coalesce({{ midnight }}, false)
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}


{#-
    A raw column as the latest moment that it can mean, a UTC timestamp: of a day without a time its last
    microsecond (DECISIONLOG.md, "A day without a time").

    Arguments: columns (dict, as of raw_columns()); name (string); alias (string).
    Returns: SQL, timestamp.
-#}
{% macro column_as_moment(columns, name, alias='raw_rows') -%}
    {%- set time = segment_experiments.column_as_timestamp(columns, name, alias) -%}
    case
        when {{ segment_experiments.says_a_day(columns, name, alias) }}
            then {{ segment_experiments.end_of_day(time) }}
        else {{ time }}
    end
{%- endmacro %}


{#-
    The columns that say when a row was received, the preferred first.

    Arguments: timestamp (string), the time column of the table, for rows that no loader stamped.
    Returns: list of column names.
-#}
{% macro receipt_columns(timestamp='timestamp') %}
    {{ return(['received_at', 'loaded_at', 'uuid_ts', timestamp]) }}
{% endmacro %}


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
    The first of several raw columns that exists and is a timestamp in the row, as of column_as_moment().

    Arguments: columns (dict, as of raw_columns()); names (list of strings); alias (string).
    Returns: dict with time (SQL, timestamp) and is_day (SQL, boolean, never null: whether it says a day only).
-#}
{% macro first_column_as_moment(columns, names, alias='raw_rows') %}
    {% set times = [] %}
    {% set days = [] %}
    {% for name in names if name | lower in columns %}
        {% do times.append(segment_experiments.column_as_moment(columns, name, alias)) %}
        {% do days.append(
            'case when ' ~ segment_experiments.column_as_timestamp(columns, name, alias) ~ ' is not null then '
            ~ segment_experiments.says_a_day(columns, name, alias) ~ ' end'
        ) %}
    {% endfor %}
    {{ return({
        'time': segment_experiments.first_not_null(times, dbt.type_timestamp()),
        'is_day': 'coalesce(' ~ (days + ['false']) | join(', ') ~ ')',
    }) }}
{% endmacro %}


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
    When an event happened: Segment's `timestamp`, which is corrected for a wrong client clock, or a column
    of one's own, whose days are read as their last moment; but never after `received_at`, the one clock that
    is Segment's own.

    Arguments: raw_table (dict), {event: Segment table} or {model: name of a model}; columns (dict, as of
    raw_columns()); name (string), of the time column; alias (string), of the table.
    Returns: dict with time (SQL, timestamp; null when the row has no such time) and is_day (SQL, boolean,
    never null: whether the column says a day only).
-#}
{% macro event_time(raw_table, columns, name='timestamp', alias='raw_rows') %}
    {% set is_own = raw_table.model or name | lower not in [
        'timestamp', 'original_timestamp', 'sent_at', 'received_at', 'loaded_at', 'uuid_ts'
    ] %}
    {% if is_own or (name | lower in columns and segment_experiments.column_kind(columns[name | lower]) == 'date') %}
        {% set event_at = segment_experiments.column_as_moment(columns, name, alias) %}
        {% set is_day = segment_experiments.says_a_day(columns, name, alias) %}
    {% else %}
        {% set event_at = segment_experiments.column_as_timestamp(columns, name, alias) %}
        {% set is_day = 'false' %}
    {% endif %}
    {% if 'received_at' not in columns or name | lower == 'received_at' %}
        {{ return({'time': event_at, 'is_day': is_day}) }}
    {% endif %}
    {% set received_at = segment_experiments.column_as_timestamp(columns, 'received_at', alias) %}
    {{ return({
        'time': 'case when ' ~ event_at ~ ' > ' ~ received_at ~ ' then ' ~ received_at ~ ' else ' ~ event_at
            ~ ' end',
        'is_day': is_day,
    }) }}
{% endmacro %}


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
