{#- What the macros of this folder are on BigQuery. -#}

{#- ARRAY_AGG with LIMIT 1 keeps one row per group in memory; it is BigQuery's advised form. -#}
{% macro bigquery__first_row_by(name, columns, order_by) -%}
    array_agg(
            struct(
                {%- for column in columns %}{{ column }} as {{ column }}{{ ', ' if not loop.last }}{% endfor -%}
            )
            order by {{ order_by | join(', ') }} limit 1
        )[offset(0)] as {{ name }}
{%- endmacro %}


{% macro bigquery__string_list(expression) -%}
    string_agg(distinct {{ expression }}, ', ' order by {{ expression }})
{%- endmacro %}


{% macro bigquery__bits_or(position) -%}
    bit_or(1 << ({{ position }}))
{%- endmacro %}


{% macro bigquery__add_seconds(timestamp, seconds) -%}
    timestamp_add({{ timestamp }}, interval {{ segment_experiments.whole_microseconds(seconds) }} microsecond)
{%- endmacro %}


{% macro bigquery__microseconds_between(earlier, later) -%}
    timestamp_diff({{ later }}, {{ earlier }}, microsecond)
{%- endmacro %}


{% macro bigquery__timestamp_from_microseconds(microseconds) -%}
    timestamp_micros({{ microseconds }})
{%- endmacro %}


{% macro bigquery__try_cast(expression, type) -%}
    safe_cast({{ expression }} as {{ type }})
{%- endmacro %}


{% macro bigquery__type_double() -%}
    float64
{%- endmacro %}


{% macro bigquery__column_slug(name) -%}
    lower(array_to_string(regexp_extract_all({{ name }}, r'[A-Z0-9]+[a-z0-9]*|[a-z0-9]+'), '_'))
{%- endmacro %}


{% macro bigquery__is_partitioned_by_load_time(raw_table) %}
    {% if not execute %}
        {{ return(false) }}
    {% endif %}
    {% set table = adapter.get_bq_table(segment_experiments.raw_relation_name(raw_table)) %}
    {{ return(
        table is not none
        and table.time_partitioning is not none
        and table.time_partitioning.field is none
    ) }}
{% endmacro %}


{% macro bigquery__first_row_source(source, keys, order_by) -%}
    {{ source }}
{%- endmacro %}


{% macro bigquery__first_row_column(name, column) -%}
    {{ name }}.{{ column }}
{%- endmacro %}


{% macro bigquery__has_bit(bits, position) -%}
    ((({{ bits }}) >> ({{ position }})) & 1) = 1
{%- endmacro %}


{#- BigQuery's TIMESTAMP is a moment, it has no time zone. -#}
{% macro bigquery__as_utc(expression) -%}
    {{ expression }}
{%- endmacro %}


{% macro bigquery__string_literal(text) %}
    {{ return(
        "'" ~ text | replace('\\', '\\\\') | replace("'", "\\'") | replace('\n', '\\n')
        | replace('\r', '\\r') ~ "'"
    ) }}
{% endmacro %}


{% macro bigquery__quoted_name(name) %}
    {{ return(adapter.quote(name | replace('\\', '\\\\') | replace('`', '\\`'))) }}
{% endmacro %}


{% macro bigquery__string_literal_pattern() %}
    {{ return('\'\'\'.*?\'\'\'|""".*?"""|\'(?:[^\'\\\\]|\\\\.)*\'|"(?:[^"\\\\]|\\\\.)*"') }}
{% endmacro %}


{% macro bigquery__quoted_name_pattern() %}
    {{ return('`[^`]+`') }}
{% endmacro %}


{% macro bigquery__matches_pattern(text, pattern) -%}
    regexp_contains({{ text }}, {{ segment_experiments.string_literal(pattern) }})
{%- endmacro %}


{% macro bigquery__unpivoted(source, value, name, columns) -%}
    {{ source }}
    unpivot ({{ value }} for {{ name }} in (
        {%- for column in columns %}
        {{ segment_experiments.quoted_name(column) }}{{ ',' if not loop.last }}
        {%- endfor %}
    ))
{%- endmacro %}


{% macro bigquery__runs_hooks_inside_only() %}
    {{ return(true) }}
{% endmacro %}


{% macro bigquery__inserts_directly() %}
    {{ return(true) }}
{% endmacro %}


{#- As dbt does it where it makes no table in between. -#}
{% macro bigquery__insert_of_rows(columns) %}
    {{ return(get_merge_sql(this, '(' ~ sql ~ ')', none, columns, none)) }}
{% endmacro %}


{#- Without a key, a merge only inserts. -#}
{% macro bigquery__insert_strategy() %}
    {{ return('merge') }}
{% endmacro %}


{% macro bigquery__table_layout(partition_by, cluster_by) %}
    {% set layout = {} %}
    {% if partition_by %}
        {% do layout.update({'partition_by': partition_by}) %}
    {% endif %}
    {% if cluster_by %}
        {% do layout.update({'cluster_by': cluster_by}) %}
    {% endif %}
    {{ return(layout) }}
{% endmacro %}


{% macro bigquery__recursive_columns(columns) -%}
{%- endmacro %}


{% macro bigquery__segment_names(name) %}
    {{ return([name, name | lower] | unique | list) }}
{% endmacro %}


{% macro bigquery__materialized() -%}
{%- endmacro %}


{% macro bigquery__not_materialized() -%}
{%- endmacro %}


{% macro bigquery__json_string(text) -%}
    to_json_string({{ text }})
{%- endmacro %}


{% macro bigquery__byte_length(text) -%}
    byte_length({{ text }})
{%- endmacro %}


{% macro bigquery__as_json_text(reference, type) -%}
    to_json_string({{ reference }})
{%- endmacro %}


{% macro bigquery__object_entries(source, text) -%}
    {%- set patterns = segment_experiments.json_patterns() -%}
    (
        select
            flat_objects.*,
            json_value(
                '[' || regexp_extract(entry, {{ segment_experiments.string_literal('^' ~ patterns.string) }}) || ']',
                '$[0]'
            ) as object_key,
            nullif(trim(json_value(
                '[' || regexp_extract(entry, {{ segment_experiments.string_literal(patterns.scalar ~ '$') }}) || ']',
                '$[0]'
            )), '') as object_value
        from {{ source }} as flat_objects
        cross join unnest(regexp_extract_all(
            flat_objects.{{ text }}, {{ segment_experiments.string_literal(patterns.entry) }}
        )) as entry
        where {{ segment_experiments.is_flat_object('flat_objects.' ~ text) }}
    )
{%- endmacro %}


{#- Without a set of characters, all white space of Unicode. -#}
{% macro bigquery__trimmed(text) -%}
    trim({{ text }})
{%- endmacro %}


{% macro bigquery__integer_hash(text) -%}
    farm_fingerprint({{ text }})
{%- endmacro %}
