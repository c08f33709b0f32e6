{#-
    The messages of a staging model, without copies, under the user they belong to.

    Arguments: model (string): staging model with anonymous_id, user_id and is_copy; target (string): relation
    made, with the columns of the model and user_key, user_hash, known_user_id; condition (SQL): which messages, on the
    alias `messages`.
    Returns: SQL of a common table expression.
-#}
{% macro user_messages_cte(model, target, condition='true') -%}
{{ target }} as (

    select
        messages.*,
        identities.user_key,
        identities.user_hash,
        identities.user_id as known_user_id
    from {{ ref('segment_experiments', model) }} as messages
    inner join {{ ref('segment_experiments', 'identity_map') }} as identities
        on {{ segment_experiments.identity_join('messages', 'identities') }}
    where
        not messages.is_copy
        and {{ condition }}

)
{%- endmacro %}
