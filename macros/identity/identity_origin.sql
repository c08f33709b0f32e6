{#-
    Where an identifier or a link was seen: in any table of Segment, of which rows hardly ever go, or in a model of
    the user's own, whose rows may change in place. What was seen in one of them can be put together anew
    without the others.
-#}

{#-
    The models of the user's own that show identifiers.

    Returns: list of strings.
-#}
{% macro identity_models() %}
    {{ return(segment_experiments.raw_tables() | map(attribute='model') | select | unique | sort | list) }}
{% endmacro %}


{#-
    The origin of what a raw table shows.

    Arguments: raw_table (string), as of raw_table_name().
    Returns: string; '' for a table of Segment.
-#}
{% macro identity_origin(raw_table) %}
    {{ return(raw_table if raw_table in segment_experiments.identity_models() else '') }}
{% endmacro %}


{#-
    The same of a row.

    Arguments: event_table (SQL, string).
    Returns: SQL, string, never null.
-#}
{% macro identity_origin_of(event_table) -%}
    {%- set models = segment_experiments.identity_models() -%}
    {%- if models -%}
        case when {{ event_table }} in ('{{ models | join("', '") }}') then {{ event_table }} else '' end
    {%- else -%}
        ''
    {%- endif -%}
{%- endmacro %}


{#-
    Condition that an origin is put together anew.

    Arguments: origin (SQL, string).
    Returns: SQL, boolean.
-#}
{% macro is_of_renewed_origin(origin) -%}
    {%- set renewed = segment_experiments.work().renewed -%}
    {{ origin }} in ('{{ renewed | join("', '") }}')
{%- endmacro %}


{#-
    Condition that a run has to look at a message for the identifiers that it shows.

    Arguments: alias (string), of a relation with event_table and arrival_day.
    Returns: SQL, boolean; `true` in a run that reads everything.
-#}
{% macro is_row_to_sight(alias) -%}
    {%- set work = segment_experiments.work() -%}
    {%- if not work.is_increment -%}
        true
    {%- elif work.renewed -%}
        (
            {{ segment_experiments.is_of_days(work.days, alias ~ '.') }}
            or {{ segment_experiments.is_of_renewed_origin(segment_experiments.identity_origin_of(alias ~ '.event_table')) }}
        )
    {%- else -%}
        {{ segment_experiments.is_of_days(work.days, alias ~ '.') }}
    {%- endif -%}
{%- endmacro %}
