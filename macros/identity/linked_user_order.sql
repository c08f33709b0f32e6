{#-
    Order in which one of several links of the same identifier is chosen, by the setting
    `identity_resolution`; ties go to the smaller user id, so that the order of rows is without
    influence.

    Arguments: first_linked_at, last_linked_at, user_id (SQL).
    Returns: list of SQL expressions, each ascending.
-#}
{% macro linked_user_order(first_linked_at, last_linked_at, user_id) %}
    {% if segment_experiments.resolves_by_last_link() %}
        {{ return([
            segment_experiments.microseconds_between(
                last_linked_at, segment_experiments.timestamp_literal('2200-01-01 00:00:00')
            ),
            user_id,
        ]) }}
    {% endif %}
    {{ return([first_linked_at, user_id]) }}
{% endmacro %}


{#- Whether the last link of a device counts, by the setting `identity_resolution`. Returns: boolean. -#}
{% macro resolves_by_last_link() %}
    {{ return(segment_experiments.chosen('identity_resolution', {'first': false, 'last': true, 'none': false})) }}
{% endmacro %}


{#- Longest chain of aliases that is followed; a chain of 100 accounts is no person's. -#}
{% macro max_alias_chain() -%}
    100
{%- endmacro %}
