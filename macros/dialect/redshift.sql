{#-
    What the macros of this folder are on Redshift. Those that are missing here are PostgreSQL's, by
    dbt's rule; each of them is one that Redshift documents in the same form.
-#}

{% macro redshift__type_text() %}
    {{ return('varchar(65535)') }}
{% endmacro %}


{% macro redshift__string_list(expression) -%}
    listagg(distinct {{ expression }}, ', ') within group (order by {{ expression }})
{%- endmacro %}


{% macro redshift__add_seconds(timestamp, seconds) -%}
    dateadd(microsecond, {{ segment_experiments.whole_microseconds(seconds) }}, {{ timestamp }})
{%- endmacro %}


{% macro redshift__microseconds_between(earlier, later) -%}
    datediff(microsecond, {{ earlier }}, {{ later }})
{%- endmacro %}


{% macro redshift__timestamp_from_microseconds(microseconds) -%}
    dateadd(microsecond, {{ microseconds }}, cast('1970-01-01' as timestamp))
{%- endmacro %}


{#-
    A time zone in the text is heeded only by the type that has one, which reads text without one in the
    session's.
-#}
{% macro redshift__try_cast(expression, type) -%}
    {%- set text = 'cast(' ~ expression ~ ' as varchar(65535))' -%}
    {%- if type | lower == dbt.type_timestamp() | lower -%}
        case
            when {{ segment_experiments.has_time_zone(text) }}
                then {{ segment_experiments.as_utc('try_cast(' ~ text ~ ' as timestamptz)') }}
            else try_cast({{ text }} as timestamp)
        end
    {%- elif type | lower == dbt.type_bigint() | lower -%}
        cast(try_cast({{ text }} as decimal(18, 0)) as bigint)
    {%- else -%}
        try_cast({{ text }} as {{ type }})
    {%- endif -%}
{%- endmacro %}


{#-
    Redshift cannot list the matches of an expression, so a _ is set where a name ends: after a lower case
    letter, or digits that follow one, before an upper case letter. A look-behind has a fixed length.
-#}
{% macro redshift__column_slug(name) -%}
    {%- set ends = [] -%}
    {%- for digits in range(0, 11) -%}
        {%- do ends.append('(?<=[a-z][0-9]{' ~ digits ~ '})(?=[A-Z])') -%}
    {%- endfor -%}
    lower(btrim(regexp_replace(
        regexp_replace({{ name }}, '{{ ends | join('|') }}', '_', 1, 'p'),
        '[^A-Za-z0-9]+',
        '_'
    ), '_'))
{%- endmacro %}


{% macro redshift__string_literal(text) %}
    {{ return("'" ~ text | replace('\\', '\\\\') | replace("'", "''") ~ "'") }}
{% endmacro %}


{% macro redshift__string_literal_pattern() %}
    {{ return(segment_experiments.quoted_text_pattern(backslash_escapes=true)) }}
{% endmacro %}


{% macro redshift__matches_pattern(text, pattern) -%}
    regexp_instr({{ text }}, {{ segment_experiments.string_literal(pattern) }}, 1, 1, 0, 'p') > 0
{%- endmacro %}


{% macro redshift__unpivoted(source, value, name, columns) -%}
    {{ source }}
    unpivot ({{ value }} for {{ name }} in (
        {%- for column in columns %}
        {{ segment_experiments.quoted_name(column) }}{{ ',' if not loop.last }}
        {%- endfor %}
    ))
{%- endmacro %}


{#- A recursive query has to name its columns. -#}
{% macro redshift__recursive_columns(columns) -%}
    ({{ columns | join(', ') }})
{%- endmacro %}


{#- Segment sets a _ before reserved words and names that begin with a digit. -#}
{% macro redshift__segment_names(name) %}
    {{ return([name | lower, '_' ~ name | lower]) }}
{% endmacro %}


{% macro redshift__materialized() -%}
{%- endmacro %}


{% macro redshift__not_materialized() -%}
{%- endmacro %}


{% macro redshift__json_string(text) -%}
    json_serialize(cast({{ text }} as super))
{%- endmacro %}


{% macro redshift__as_json_text(reference, type) -%}
    {{ 'json_serialize(' ~ reference ~ ')' if type == 'super' else 'cast(' ~ reference ~ ' as varchar)' }}
{%- endmacro %}


{#- Regular expressions with groups are slow here on long texts, and can_json_parse() finds broken JSON. -#}
{% macro redshift__is_flat_object(text) -%}
    (
        can_json_parse({{ text }})
        and left(ltrim({{ text }}), 1) = '{'
        and position('{' in substring(ltrim({{ text }}), 2)) = 0
        and position('[' in substring(ltrim({{ text }}), 2)) = 0
    )
{%- endmacro %}


{% macro redshift__object_entries(source, text) -%}
    (
        select
            flat_objects.*,
            object_key,
            nullif(trim(cast(entry as varchar)), '') as object_value
        from (
            select
                all_objects.*,
                case when {{ segment_experiments.is_flat_object('all_objects.' ~ text) }}
                    then json_parse(all_objects.{{ text }})
                end as parsed
            from {{ source }} as all_objects
        ) as flat_objects,
            unpivot flat_objects.parsed as entry at object_key
    )
{%- endmacro %}


{% macro redshift__integer_hash(text) -%}
    case when {{ text }} is not null then fnv_hash({{ text }}) end
{%- endmacro %}
