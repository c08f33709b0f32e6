{#-
    The events of users, each beside every metric and assignment whose window or look-back it lies in.

    Arguments:
        source (string): relation with user_key, assigned_at and analysed_from (not null), settled_at, and
            the columns of keys.
        target (string): relation made.
        keys (list of strings): columns of the source that are wanted, beside user_key and
            analysed_from.
    The relations events (int_user_events) and metrics (int_metrics) have to be there.
    Returns: SQL of common table expressions, the last named as target, one row per row of the source,
    event and metric: user_key, analysed_from, the columns of keys, metric_number, is_binary (whether
    it counts users, not events), value, event_at, is_in_window, is_before_assignment (one of them true).
-#}
{% macro placed_events_ctes(source, target, keys) -%}
{%- set span = segment_experiments.longest_windows() -%}
{{ target }}_spans as (

    select
        {{ source }}.*,
        {{ segment_experiments.add_seconds('assigned_at', -span.before) }} as relevant_from,
        {{ segment_experiments.add_seconds('analysed_from', span.after) }} as relevant_until
    from {{ source }}

),

-- One user key on both sides: an event meets each of its user's assignments once.
{{ target }}_matched as (

    select
        {{ target }}_spans.user_key,
        {{ target }}_spans.analysed_from,
        {%- for key in keys %}
        {{ target }}_spans.{{ key }},
        {%- endfor %}
        events.measure,
        events.value,
        events.event_at,
        {{ segment_experiments.microseconds_between(
            target ~ '_spans.analysed_from', 'events.event_at'
        ) }} as age,
        {{ segment_experiments.microseconds_between(
            target ~ '_spans.assigned_at', 'events.event_at'
        ) }} as age_since_assignment
    from {{ target }}_spans
    inner join events
        on
            {{ segment_experiments.integer_hash(target ~ '_spans.user_key') }} = events.user_hash
            and {{ target }}_spans.relevant_from <= events.event_at
            and {{ target }}_spans.relevant_until > events.event_at
            and {{ segment_experiments.is_in_time('events.available_at', target ~ '_spans') }}

),

{{ target }}_judged as (

    select
        {{ target }}_matched.*,
        metrics.metric_number,
        {{ segment_experiments.is_of_type(
            'metrics.metric_type', ['conversion', 'retention'], ['count', 'sum', 'ratio']
        ) }} as is_binary,
        {{ segment_experiments.is_age_in_window(
            target ~ '_matched.age', 'metrics.delay_seconds', 'metrics.window_seconds'
        ) }} as is_in_window,
        {{ segment_experiments.is_age_before_assignment(
            target ~ '_matched.age_since_assignment', 'metrics.covariate_seconds'
        ) }} as is_before_assignment
    from {{ target }}_matched
    inner join metrics on {{ target }}_matched.measure = metrics.measure

),

{{ target }} as (

    select * from {{ target }}_judged
    where is_in_window or is_before_assignment

)
{%- endmacro %}
