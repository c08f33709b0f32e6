{#-
    Number of a delivery among the copies of its message, 1 for the first arrival.

    Segment delivers at least once, and drops copies for about a day only, so copies of one message
    can be months apart. They differ in their arrival, and in `timestamp`, which Segment computes
    from it: the first arrival is the true one. The further keys make the choice independent of the
    order of rows when a sender gives two messages one id.

    Arguments: further_keys (list of SQL expressions).
    Returns: SQL, integer, of a relation with message_id and received_at.
-#}
{% macro delivery_number(further_keys) -%}
    row_number() over (
            partition by message_id
            order by received_at, {{ further_keys | join(', ') }}
        )
{%- endmacro %}
