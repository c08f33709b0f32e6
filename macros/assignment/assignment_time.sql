{#-
    Rules of what counts as a credible time of exposure and of assignment; the reasons are in
    DECISIONLOG.md, "Assignment time".
-#}

{#- Nothing that Segment collected is older; earlier times are a zero or a broken clock. -#}
{% macro earliest_credible_time() -%}
    {{ segment_experiments.timestamp_literal('2010-01-01 00:00:00') }}
{%- endmacro %}


{#-
    When the exposure event happened: Segment's `timestamp`, cut to `received_at` where it lies a
    little after it.

    Arguments: event_timestamp, received_at (SQL, timestamps).
    Returns: SQL, timestamp; null when missing, before 2010, or more than a day after arrival.
-#}
{% macro credible_exposure_time(event_timestamp, received_at) -%}
    case
        when {{ event_timestamp }} < {{ segment_experiments.earliest_credible_time() }} then null
        when {{ event_timestamp }} > {{ segment_experiments.add_seconds(received_at, 86400) }} then null
        when {{ event_timestamp }} > {{ received_at }} then {{ received_at }}
        else {{ event_timestamp }}
    end
{%- endmacro %}


{#-
    Whether the event's own assignment property is to be believed: it is a time, not before 2010,
    not more than a minute after the event that reports it (clocks differ by seconds), and the
    clock of the client that stamped it was not off by more than an hour. Segment's `timestamp`
    minus the client's `original_timestamp` is that clock error. A day without a time is read as its last
    moment, and not believed on that day itself: when on it the user was assigned is not known.

    Arguments: property, exposed_at, received_at, event_timestamp, original_timestamp (SQL, timestamps);
    is_day (SQL, boolean, never null): whether the property says a day only.
    Returns: SQL, boolean, never null.
-#}
{% macro is_credible_assignment_time(
    property, is_day, exposed_at, received_at, event_timestamp, original_timestamp
) -%}
    coalesce(
        {{ property }} >= {{ segment_experiments.earliest_credible_time() }}
        and {{ property }} <= {{ segment_experiments.add_seconds(
            'coalesce(' ~ exposed_at ~ ', ' ~ received_at ~ ')',
            'case when ' ~ is_day ~ ' then 0 else 60 end'
        ) }}
        and not {{ segment_experiments.is_clock_wrong(event_timestamp, original_timestamp) }},
        false
    )
{%- endmacro %}


{#-
    Whether the clock of a client was off by more than an hour.

    Arguments: event_timestamp, original_timestamp (SQL, timestamps).
    Returns: SQL, boolean, never null.
-#}
{% macro is_clock_wrong(event_timestamp, original_timestamp) -%}
    abs(coalesce({{ segment_experiments.microseconds_between(
        original_timestamp, event_timestamp
    ) }}, 0)) > 3600000000
{%- endmacro %}
