{#-
    The messages of a staging model, without copies, under the user they belong to.

    Arguments: model (string): staging model with anonymous_id, user_id and is_copy; target (string): relation
    made, with the columns of the model and user_key, known_user_id; condition (SQL): which messages, on the
    alias `messages`.
    Returns: SQL of a common table expression.
-#}
{% macro user_messages_cte(model, target, condition='true') -%}
{{ target }} as (

    select
        messages.*,
        identities.user_key,
        identities.user_id as known_user_id
    from {{ ref('segment_experiments', model) }} as messages
    inner join {{ ref('segment_experiments', 'identity_map') }} as identities
        on {{ segment_experiments.identity_join('messages', 'identities') }}
    where
        not messages.is_copy
        and {{ condition }}

)
{%- endmacro %}


{#-
    The messages of a staging model that belong to the users whom this run computes again, copies
    included. A run reads the history of messages here, once, and nowhere else.

    Arguments: model (string), as of user_messages_cte(); columns (list of SQL), read from `messages`;
    condition (SQL): which messages, on the alias `messages`.
    Returns: SQL of a query with the columns, the ids of the message and of its user, is_copy, and is_pending:
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
        messages.is_copy,
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
