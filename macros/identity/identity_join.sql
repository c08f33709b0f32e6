{#-
    The number of an identifier; the type is a part of it, because two types may have the same text.

    Arguments: identifier_type (SQL, string, `user_id` or `anonymous_id`), identifier (SQL, string).
    Returns: SQL, integer; null for null.
-#}
{% macro identifier_hash(identifier_type, identifier) -%}
    {{ segment_experiments.integer_hash(identifier_type ~ " || ' ' || " ~ identifier) }}
{%- endmacro %}


{#-
    The number by which an event finds its identity: of the user id when the event carries one, else of the
    anonymous id.

    Arguments: events (string), the alias of a relation with user_id and anonymous_id.
    Returns: SQL, integer; null without any id.
-#}
{% macro identity_hash(events) -%}
    {{ segment_experiments.identifier_hash(
        'case when ' ~ events ~ ".user_id is not null then 'user_id' else 'anonymous_id' end",
        'coalesce(' ~ events ~ '.user_id, ' ~ events ~ '.anonymous_id)'
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
