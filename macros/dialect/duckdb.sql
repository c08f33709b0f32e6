{#- What the macros of this folder are on DuckDB. -#}

{% macro duckdb__first_row_by(name, columns, order_by) -%}
    arg_min(
            struct_pack(
                {%- for column in columns %}{{ column }} := {{ column }}{{ ', ' if not loop.last }}{% endfor -%}
            ),
            row({{ order_by | join(', ') }})
        ) as {{ name }}
{%- endmacro %}


{% macro duckdb__string_list(expression) -%}
    string_agg(distinct {{ expression }}, ', ' order by {{ expression }})
{%- endmacro %}


{% macro duckdb__bits_or(position) -%}
    bit_or(cast(1 as bigint) << cast({{ position }} as bigint))
{%- endmacro %}


{% macro duckdb__add_seconds(timestamp, seconds) -%}
    ({{ timestamp }} + to_microseconds({{ segment_experiments.whole_microseconds(seconds) }}))
{%- endmacro %}


{% macro duckdb__microseconds_between(earlier, later) -%}
    date_diff('microsecond', {{ earlier }}, {{ later }})
{%- endmacro %}


{% macro duckdb__timestamp_from_microseconds(microseconds) -%}
    make_timestamp({{ microseconds }})
{%- endmacro %}


{#-
    The type without a time zone drops an offset from the text, and the one with a time zone reads text
    without an offset in the session's; it takes no blank before an offset.
-#}
{% macro duckdb__try_cast(expression, type) -%}
    {%- if type | lower == dbt.type_timestamp() | lower -%}
        {%- set text = 'cast(' ~ expression ~ ' as varchar)' -%}
        case
            when {{ segment_experiments.has_time_zone(text) }}
                then {{ segment_experiments.as_utc(
                    'try_cast(regexp_replace(' ~ text ~ ", ' ([-+])', '\\1') as timestamptz)"
                ) }}
            else try_cast({{ text }} as timestamp)
        end
    {%- else -%}
        try_cast({{ expression }} as {{ type }})
    {%- endif -%}
{%- endmacro %}


{% macro duckdb__type_double() -%}
    double
{%- endmacro %}


{% macro duckdb__column_slug(name) -%}
    lower(array_to_string(regexp_extract_all({{ name }}, '[A-Z0-9]+[a-z0-9]*|[a-z0-9]+'), '_'))
{%- endmacro %}


{% macro duckdb__first_row_source(source, keys, order_by) -%}
    {{ source }}
{%- endmacro %}


{% macro duckdb__first_row_column(name, column) -%}
    {{ name }}.{{ column }}
{%- endmacro %}


{% macro duckdb__has_bit(bits, position) -%}
    ((({{ bits }}) >> ({{ position }})) & 1) = 1
{%- endmacro %}


{% macro duckdb__as_utc(expression) -%}
    ({{ expression }} at time zone 'UTC')
{%- endmacro %}


{% macro duckdb__string_literal(text) %}
    {{ return("'" ~ text | replace("'", "''") ~ "'") }}
{% endmacro %}


{% macro duckdb__string_literal_pattern() %}
    {{ return(segment_experiments.quoted_text_pattern(backslash_escapes=false)) }}
{% endmacro %}


{% macro duckdb__matches_pattern(text, pattern) -%}
    regexp_matches({{ text }}, {{ segment_experiments.string_literal(pattern) }})
{%- endmacro %}


{% macro duckdb__unpivoted(source, value, name, columns) -%}
    {{ source }}
    unpivot ({{ value }} for {{ name }} in (
        {%- for column in columns %}
        {{ segment_experiments.quoted_name(column) }}{{ ',' if not loop.last }}
        {%- endfor %}
    ))
{%- endmacro %}


{% macro duckdb__inserts_directly() %}
    {{ return(true) }}
{% endmacro %}


{% macro duckdb__insert_strategy() %}
    {{ return('append') }}
{% endmacro %}


{% macro duckdb__table_layout(partition_by, cluster_by) %}
    {{ return({}) }}
{% endmacro %}


{% macro duckdb__recursive_columns(columns) -%}
{%- endmacro %}


{% macro duckdb__segment_names(name) %}
    {{ return([name | lower]) }}
{% endmacro %}


{% macro duckdb__materialized() -%}
    {{ "materialized " }}
{%- endmacro %}


{% macro duckdb__not_materialized() -%}
    {{ "not materialized " }}
{%- endmacro %}


{% macro duckdb__json_string(text) -%}
    cast(to_json({{ text }}) as varchar)
{%- endmacro %}


{% macro duckdb__byte_length(text) -%}
    strlen({{ text }})
{%- endmacro %}


{% macro duckdb__as_json_text(reference, type) -%}
    cast(to_json({{ reference }}) as varchar)
{%- endmacro %}


{% macro duckdb__object_entries(source, text) -%}
    {%- set patterns = segment_experiments.json_patterns() -%}
    (
        select
            flat_objects.*,
            json_extract_string(
                '[' || regexp_extract(entry, {{ segment_experiments.string_literal('^' ~ patterns.string) }}) || ']',
                '$[0]'
            ) as object_key,
            nullif(trim(json_extract_string(
                '[' || regexp_extract(entry, {{ segment_experiments.string_literal(patterns.scalar ~ '$') }}) || ']',
                '$[0]'
            )), '') as object_value
        from {{ source }} as flat_objects
        cross join unnest(regexp_extract_all(
            flat_objects.{{ text }}, {{ segment_experiments.string_literal(patterns.entry) }}
        )) as entries (entry)
        where {{ segment_experiments.is_flat_object('flat_objects.' ~ text) }}
    )
{%- endmacro %}


{% macro duckdb__integer_hash(text) -%}
    case when {{ text }} is not null then cast(hash({{ text }}) >> 1 as bigint) end
{%- endmacro %}


{#- DuckDB does not promise that another version has the same `hash`. -#}
{% macro duckdb__hash_version() %}
    {{ return(run_query('select version()').columns[0].values()[0] if execute else '') }}
{% endmacro %}


{#- The values of an enumeration are part of its type, and their case matters. -#}
{% macro duckdb__type_name(column) %}
    {% set name = column.dtype if "'" in column.dtype else column.dtype | upper %}
    {{ return({'DATETIME': 'TIMESTAMP'}.get(name, name)) }}
{% endmacro %}
