{#-
    The columns of stg_segment__exposure_messages in which copies of a message can differ, besides
    their arrival, when a sender gives several messages of a user one id.

    Returns: list of columns, in the order by which one of them is chosen.
-#}
{% macro exposure_content() %}
    {{ return([
        'exposed_at', 'experiment_id', 'variant', 'assigned_at', 'assigned_at_source', 'event_table'
    ] + segment_experiments.assignment_dimensions().keys() | list) }}
{% endmacro %}
