{#- What the macros of this folder are on Snowflake. -#}

{% macro snowflake__first_row_by(name, columns, order_by) -%}
    {{ segment_experiments.numbered_first_row_by(name, columns) }}
{%- endmacro %}


{% macro snowflake__first_row_source(source, keys, order_by) -%}
    {{ segment_experiments.numbered_first_row_source(source, keys, order_by) }}
{%- endmacro %}


{% macro snowflake__first_row_column(name, column) -%}
    {{ name }}_{{ column }}
{%- endmacro %}


{% macro snowflake__string_list(expression) -%}
    listagg(distinct {{ expression }}, ', ') within group (order by {{ expression }})
{%- endmacro %}


{% macro snowflake__bits_or(position) -%}
    bitor_agg(bitshiftleft(1, {{ position }}))
{%- endmacro %}


{% macro snowflake__has_bit(bits, position) -%}
    bitand(bitshiftright({{ bits }}, {{ position }}), 1) = 1
{%- endmacro %}


{% macro snowflake__add_seconds(timestamp, seconds) -%}
    dateadd(microsecond, {{ segment_experiments.whole_microseconds(seconds) }}, {{ timestamp }})
{%- endmacro %}


{% macro snowflake__microseconds_between(earlier, later) -%}
    datediff(microsecond, {{ earlier }}, {{ later }})
{%- endmacro %}


{% macro snowflake__timestamp_from_microseconds(microseconds) -%}
    dateadd(microsecond, {{ microseconds }}, cast('1970-01-01' as timestamp_ntz))
{%- endmacro %}


{#-
    try_cast() takes text only; text with a time zone becomes a time in UTC. Of the forms of an offset it
    knows only +01:00 after every form of a time, so +01, +0100 and one after a blank are written as that.
-#}
{% macro snowflake__try_cast(expression, type) -%}
    {%- set text = 'cast(' ~ expression ~ ' as varchar)' -%}
    {%- if type | lower == dbt.type_timestamp() | lower -%}
        {%- set zoned -%}
            regexp_replace(
                regexp_replace(
                    {{ text }},
                    '(:[0-9.]+ ?[-+][0-9]{2}) *$',
                    {{ segment_experiments.string_literal('\\1:00') }}
                ),
                ' ?([-+][0-9]{2}):?([0-9]{2}) *$',
                {{ segment_experiments.string_literal('\\1:\\2') }}
            )
        {%- endset -%}
        case
            when {{ segment_experiments.has_time_zone(text) }}
                then {{ segment_experiments.as_utc('try_cast(' ~ zoned ~ ' as timestamp_tz)') }}
            else try_cast({{ text }} as timestamp_ntz)
        end
    {%- elif type | lower == dbt.type_bigint() | lower -%}
        cast(try_cast({{ text }} as {{ segment_experiments.type_double() }}) as bigint)
    {%- else -%}
        try_cast({{ text }} as {{ type }})
    {%- endif -%}
{%- endmacro %}


{% macro snowflake__type_double() -%}
    double
{%- endmacro %}


{% macro snowflake__as_utc(expression) -%}
    cast(convert_timezone('UTC', {{ expression }}) as timestamp_ntz)
{%- endmacro %}


{% macro snowflake__column_slug(name) -%}
    lower(array_to_string(regexp_substr_all({{ name }}, '[A-Z0-9]+[a-z0-9]*|[a-z0-9]+'), '_'))
{%- endmacro %}


{% macro snowflake__string_literal(text) %}
    {{ return("'" ~ text | replace('\\', '\\\\') | replace("'", "''") ~ "'") }}
{% endmacro %}


{% macro snowflake__string_literal_pattern() %}
    {{ return(segment_experiments.quoted_text_pattern(backslash_escapes=true)) }}
{% endmacro %}


{% macro snowflake__matches_pattern(text, pattern) -%}
    regexp_instr({{ text }}, {{ segment_experiments.string_literal(pattern) }}) > 0
{%- endmacro %}


{% macro snowflake__unpivoted(source, value, name, columns) -%}
    {{ source }}
    unpivot ({{ value }} for {{ name }} in (
        {%- for column in columns %}
        {{ segment_experiments.quoted_name(column) }}{{ ',' if not loop.last }}
        {%- endfor %}
    ))
{%- endmacro %}


{% macro snowflake__runs_hooks_inside_only() %}
    {{ return(true) }}
{% endmacro %}


{% macro snowflake__insert_strategy() %}
    {{ return('append') }}
{% endmacro %}


{% macro snowflake__table_layout(partition_by, cluster_by) %}
    {{ return({}) }}
{% endmacro %}


{% macro snowflake__recursive_columns(columns) -%}
{%- endmacro %}


{% macro snowflake__segment_names(name) %}
    {{ return([name]) }}
{% endmacro %}


{% macro snowflake__materialized() -%}
{%- endmacro %}


{% macro snowflake__not_materialized() -%}
{%- endmacro %}


{% macro snowflake__json_string(text) -%}
    to_json(to_variant({{ text }}))
{%- endmacro %}


{% macro snowflake__byte_length(text) -%}
    length(to_binary({{ text }}, 'UTF-8'))
{%- endmacro %}


{% macro snowflake__as_json_text(reference, type) -%}
    coalesce(try_cast(to_varchar({{ reference }}) as varchar), to_json(to_variant({{ reference }})))
{%- endmacro %}


{#- Snowflake captures every group of a regular expression, and try_parse_json() finds broken JSON. -#}
{% macro snowflake__is_flat_object(text) -%}
    (
        coalesce(is_object(try_parse_json({{ text }})), false)
        and regexp_instr(substr(ltrim({{ text }}), 2), '[\\{\\[]') = 0
    )
{%- endmacro %}


{% macro snowflake__object_entries(source, text) -%}
    (
        select
            flat_objects.*,
            entries.key as object_key,
            nullif(trim(cast(entries.value as varchar)), '') as object_value
        from {{ source }} as flat_objects,
            lateral flatten(input => try_parse_json(flat_objects.{{ text }})) as entries
        where {{ segment_experiments.is_flat_object('flat_objects.' ~ text) }}
    )
{%- endmacro %}


{% macro snowflake__integer_hash(text) -%}
    case when {{ text }} is not null then cast(bitshiftright(hash({{ text }}), 1) as bigint) end
{%- endmacro %}
