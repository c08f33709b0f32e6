{#-
    Join condition from an event to its one row of `identity_map`: by the user id when the event
    carries one, else by the anonymous id. One identifier has one row there, so the join cannot
    multiply events.

    Arguments: events, identities (strings), the aliases of the two relations.
    Returns: SQL, a join condition.
-#}
{% macro identity_join(events, identities) -%}
    coalesce({{ events }}.user_id, {{ events }}.anonymous_id) = {{ identities }}.identifier
    and case when {{ events }}.user_id is not null then 'user_id' else 'anonymous_id' end
        = {{ identities }}.identifier_type
{%- endmacro %}
