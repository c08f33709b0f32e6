{#-
    What the macros of this folder are on PostgreSQL. dbt takes them for Redshift, too, where
    redshift.sql has none of its own.
-#}

{% macro postgres__first_row_by(name, columns, order_by) -%}
    {{ segment_experiments.numbered_first_row_by(name, columns) }}
{%- endmacro %}


{% macro postgres__first_row_source(source, keys, order_by) -%}
    {{ segment_experiments.numbered_first_row_source(source, keys, order_by) }}
{%- endmacro %}


{% macro postgres__first_row_column(name, column) -%}
    {{ name }}_{{ column }}
{%- endmacro %}


{#- Text has to have the collation "C", or the order is that of a language. -#}
{% macro postgres__string_list(expression) -%}
    string_agg(distinct {{ expression }}, ', ' order by {{ expression }})
{%- endmacro %}


{% macro postgres__bits_or(position) -%}
    bit_or(cast(1 as bigint) << cast({{ position }} as integer))
{%- endmacro %}


{% macro postgres__has_bit(bits, position) -%}
    ((({{ bits }}) >> ({{ position }})) & 1) = 1
{%- endmacro %}


{% macro postgres__add_seconds(timestamp, seconds) -%}
    ({{ timestamp }} + cast({{ seconds }} as double precision) * interval '1 second')
{%- endmacro %}


{% macro postgres__microseconds_between(earlier, later) -%}
    cast(extract(epoch from ({{ later }} - {{ earlier }})) * 1000000 as bigint)
{%- endmacro %}


{% macro postgres__timestamp_from_microseconds(microseconds) -%}
    (timestamp '1970-01-01' + ({{ microseconds }}) * interval '1 microsecond')
{%- endmacro %}


{#-
    PostgreSQL 15 has no cast that gives null, so what is cast is looked at first; the expression
    stands several times in the SQL. A text that becomes a number was looked at by number_of_text().
-#}
{% macro postgres__try_cast(expression, type) -%}
    {%- set text = 'cast(' ~ expression ~ ' as text)' -%}
    {%- if type | lower == segment_experiments.type_double() -%}
        cast({{ text }} as double precision)
    {%- elif type | lower == dbt.type_bigint() | lower -%}
        case when abs({{ expression }}) < 9.2e18 then cast({{ expression }} as bigint) end
    {%- elif type | lower == dbt.type_timestamp() | lower -%}
        {{ segment_experiments.try_timestamp_of_text(text) }}
    {%- else -%}
        {{ exceptions.raise_compiler_error('try_cast() does not know the type `' ~ type ~ '`.') }}
    {%- endif -%}
{%- endmacro %}


{#-
    Text in ISO 8601 as a timestamp in UTC, null when it is no date of the calendar.

    Arguments: text (SQL, string).
-#}
{% macro try_timestamp_of_text(text) -%}
    {%- set leap_year = '([0-9]{2}(0[48]|[2468][048]|[13579][26])|(0[48]|[2468][048]|[13579][26])00)' -%}
    {%- set day -%}
        ((?!0000)[0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))|{{ leap_year }}-02-29)
    {%- endset -%}
    {%- set time = '([T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]+)?)?)' -%}
    {%- set zone = ' ?(Z|UTC|[-+](0[0-9]|1[0-4])(:?[0-5][0-9])?)' -%}
    case
        when {{ text }} ~ '^\s*{{ day }}{{ time }}?\s*$'
            then cast({{ text }} as timestamp)
        when {{ text }} ~ '^\s*{{ day }}{{ time }}{{ zone }}\s*$'
            then cast({{ text }} as timestamp with time zone) at time zone 'UTC'
    end
{%- endmacro %}


{% macro postgres__type_double() -%}
    double precision
{%- endmacro %}


{% macro postgres__as_utc(expression) -%}
    ({{ expression }} at time zone 'UTC')
{%- endmacro %}


{% macro postgres__column_slug(name) -%}
    lower(array_to_string(array(
        select (regexp_matches({{ name }}, '([A-Z0-9]+[a-z0-9]*|[a-z0-9]+)', 'g'))[1]
    ), '_'))
{%- endmacro %}


{% macro postgres__string_literal(text) %}
    {{ return("'" ~ text | replace("'", "''") ~ "'") }}
{% endmacro %}


{% macro postgres__string_literal_pattern() %}
    {{ return(segment_experiments.quoted_text_pattern(backslash_escapes=false)) }}
{% endmacro %}


{% macro postgres__matches_pattern(text, pattern) -%}
    ({{ text }} ~ {{ segment_experiments.string_literal(pattern) }})
{%- endmacro %}


{% macro postgres__unpivoted(source, value, name, columns) -%}
    (
        select
            {{ source }}.*,
            columns_as_rows.{{ name }},
            columns_as_rows.{{ value }}
        from {{ source }}
        cross join lateral (
            values
            {%- for column in columns %}
            (
                {{ segment_experiments.string_literal(column) }},
                {{ source }}.{{ segment_experiments.quoted_name(column) }}
            ){{ ',' if not loop.last }}
            {%- endfor %}
        ) as columns_as_rows ({{ name }}, {{ value }})
        where columns_as_rows.{{ value }} is not null
    ) as {{ source }}
{%- endmacro %}


{% macro postgres__insert_strategy() %}
    {{ return('append') }}
{% endmacro %}


{% macro postgres__table_layout(partition_by, cluster_by) %}
    {{ return({}) }}
{% endmacro %}


{% macro postgres__recursive_columns(columns) -%}
{%- endmacro %}


{% macro postgres__segment_names(name) %}
    {{ return([name | lower]) }}
{% endmacro %}


{% macro postgres__materialized() -%}
    {{ "materialized " }}
{%- endmacro %}


{% macro postgres__not_materialized() -%}
    {{ "not materialized " }}
{%- endmacro %}


{% macro postgres__json_string(text) -%}
    cast(to_json(cast({{ text }} as text)) as text)
{%- endmacro %}


{% macro postgres__byte_length(text) -%}
    octet_length({{ text }})
{%- endmacro %}


{% macro postgres__as_json_text(reference, type) -%}
    cast(to_json({{ reference }}) as text)
{%- endmacro %}


{% macro postgres__object_entries(source, text) -%}
    {%- set patterns = segment_experiments.json_patterns() -%}
    (
        select
            flat_objects.*,
            cast('[' || substring(entry, {{ segment_experiments.string_literal('^' ~ patterns.string) }}) || ']' as json)
                ->> 0 as object_key,
            nullif(trim(
                cast('[' || substring(entry, {{ segment_experiments.string_literal(patterns.scalar ~ '$') }}) || ']' as json)
                    ->> 0
            ), '') as object_value
        from {{ source }} as flat_objects
        cross join lateral (
            select (regexp_matches(
                flat_objects.{{ text }},
                {{ segment_experiments.string_literal('(' ~ patterns.entry ~ ')') }},
                'g'
            ))[1] as entry
            where {{ segment_experiments.is_flat_object('flat_objects.' ~ text) }}
        ) as entries
    )
{%- endmacro %}


{% macro postgres__trimmed(text) -%}
    b{{ segment_experiments.default__trimmed(text) }}
{%- endmacro %}


{% macro postgres__integer_hash(text) -%}
    hashtextextended({{ text }}, 0)
{%- endmacro %}
