{#-
    The messages of a staging model, without copies, under the user they belong to.

    Arguments:
        model (string): staging model with anonymous_id, user_id, message_id and received_at.
        target (string): relation made, with the columns of the model and user_key, known_user_id.
        keys, order (lists of columns): as of first_deliveries_ctes().
        condition (SQL): which messages, on the alias `messages`.
    Returns: SQL of common table expressions, the last named as target.
-#}
{% macro user_messages_ctes(model, target, keys, order, condition='true') -%}
{{ segment_experiments.first_deliveries_ctes(
    ref('segment_experiments', model), target ~ '_deliveries', keys, order, condition
) }},

{{ target }} as (

    select
        deliveries.*,
        identities.user_key,
        identities.user_id as known_user_id
    from {{ target }}_deliveries as deliveries
    inner join {{ ref('segment_experiments', 'identity_map') }} as identities
        on {{ segment_experiments.identity_join('deliveries', 'identities') }}

)
{%- endmacro %}


{#-
    The messages of a staging model that belong to the users whom this run computes again, copies
    included. A run reads the history of messages here, once, and nowhere else.

    Arguments: model (string), as of user_messages_ctes(); columns (list of SQL), read from `messages`;
    condition (SQL): which messages, on the alias `messages`.
    Returns: SQL of a query with the columns, the ids of the message and of its user, and is_pending:
    whether this copy arrived on a day that the run reads. No row in a run that computes everything.
-#}
{% macro messages_of_changed_users(model, columns, condition='true') %}
    select
        identities.user_key,
        identities.user_id as known_user_id,
        messages.message_id,
        messages.anonymous_id,
        messages.user_id,
        messages.received_at,
        {%- for column in columns %}
        {{ column }},
        {%- endfor %}
        {{ segment_experiments.is_pending_row('messages') }} as is_pending
    from {{ ref('segment_experiments', model) }} as messages
    inner join {{ ref('segment_experiments', 'int_changed_identities') }} as identities
        on {{ segment_experiments.identity_join('messages', 'identities') }}
    where
        {{ condition }}
        and {{ 'true' if segment_experiments.is_increment() else 'false' }}
{%- endmacro %}
