{#-
    Time that lies a number of seconds after a timestamp. Days are 86,400 seconds here, never
    calendar days: all timestamps are UTC.

    Arguments: timestamp (SQL, timestamp); seconds (SQL, number).
    Returns: SQL, timestamp.
-#}
{% macro add_seconds(timestamp, seconds) -%}
    {{ return(adapter.dispatch('add_seconds', 'segment_experiments')(timestamp, seconds)) }}
{%- endmacro %}

{% macro default__add_seconds(timestamp, seconds) %}
    {{ segment_experiments.unsupported_adapter('add_seconds') }}
{% endmacro %}


{#-
    Seconds as a whole number of microseconds, the unit of timestamps.

    Arguments: seconds (SQL, number).
    Returns: SQL, integer.
-#}
{% macro whole_microseconds(seconds) -%}
    cast(({{ seconds }}) * 1000000.0 as {{ dbt.type_bigint() }})
{%- endmacro %}


{#-
    The last microsecond of a day.

    Arguments: day (SQL, timestamp), its first moment.
    Returns: SQL, timestamp.
-#}
{% macro end_of_day(day) -%}
    {{ segment_experiments.add_seconds(day, '86399.999999') }}
{%- endmacro %}


{#-
    Microseconds from one timestamp to another (negative when `later` is the earlier one).

    Arguments: earlier, later (SQL, timestamps).
    Returns: SQL, integer.
-#}
{% macro microseconds_between(earlier, later) -%}
    {{ return(adapter.dispatch('microseconds_between', 'segment_experiments')(earlier, later)) }}
{%- endmacro %}

{% macro default__microseconds_between(earlier, later) %}
    {{ segment_experiments.unsupported_adapter('microseconds_between') }}
{% endmacro %}


{#-
    Whole days of 24 hours from one timestamp to a later one: 0 within the first 24 hours.

    Arguments: earlier, later (SQL, timestamps).
    Returns: SQL, integer.
-#}
{% macro days_between(earlier, later) -%}
    cast(
        floor({{ segment_experiments.microseconds_between(earlier, later) }} / 86400000000.0)
        as {{ dbt.type_int() }}
    )
{%- endmacro %}


{#-
    Timestamp of a unix time in microseconds.

    Arguments: microseconds (SQL, integer).
    Returns: SQL, timestamp.
-#}
{% macro timestamp_from_microseconds(microseconds) -%}
    {{ return(
        adapter.dispatch('timestamp_from_microseconds', 'segment_experiments')(microseconds)
    ) }}
{%- endmacro %}

{% macro default__timestamp_from_microseconds(microseconds) %}
    {{ segment_experiments.unsupported_adapter('timestamp_from_microseconds') }}
{% endmacro %}


{#-
    A timestamp literal in UTC.

    Arguments: text (string), such as '2026-10-31 12:00:00'.
-#}
{% macro timestamp_literal(text) -%}
    cast('{{ text }}' as {{ dbt.type_timestamp() }})
{%- endmacro %}


{#-
    Whether a text in ISO 8601 ends with a time zone: Z, an offset (+01:00, +0100, +01), or a name. It
    stands after a time of day: the end of a date alone looks like an offset.

    Arguments: text (SQL, string).
    Returns: SQL, boolean; null for a null.
-#}
{% macro has_time_zone(text) -%}
    {{ segment_experiments.matches_pattern(
        text, ':[0-9.]+ ?(Z|[-+][0-9]{2}(:?[0-9]{2})?|[A-Z][A-Za-z_/]{2,}) *$'
    ) }}
{%- endmacro %}
