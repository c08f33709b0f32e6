{#-
    The number by which an event finds its identity: of the user id when the event carries one, else of the
    anonymous id.

    Arguments: events (string), the alias of a relation with user_id and anonymous_id.
    Returns: SQL, integer; null without any id.
-#}
{% macro identity_hash(events) -%}
    {{ segment_experiments.integer_hash(
        "coalesce('user_id ' || " ~ events ~ ".user_id, 'anonymous_id ' || " ~ events ~ ".anonymous_id)"
    ) }}
{%- endmacro %}


{#-
    Join condition from an event to its one row of `identity_map`. One identifier has one row there, so the
    join cannot multiply events.

    Arguments: events, identities (strings), the aliases of the two relations, with identity_hash.
    Returns: SQL, a join condition.
-#}
{% macro identity_join(events, identities) -%}
    {{ events }}.identity_hash = {{ identities }}.identity_hash
{%- endmacro %}
