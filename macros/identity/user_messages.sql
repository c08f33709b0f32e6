{#-
    The messages of a staging model, without copies, under the user they belong to; in a run that
    adds to what is there, of the changed users only.

    Arguments:
        model (string): staging model with anonymous_id, user_id, message_id and received_at.
        target (string): relation made, with the columns of the model and user_key, known_user_id.
        keys, order: as of first_deliveries_ctes().
        condition (SQL): which messages, on the alias `messages`.
    Returns: SQL of common table expressions, the last named as target.
-#}
{% macro user_messages_ctes(model, target, keys, order, condition='true') -%}
{%- set messages = ref('segment_experiments', model) -%}
{%- set all_identities = ref('segment_experiments', 'identity_map') -%}
{%- set changed_identities = ref('segment_experiments', 'int_changed_identities') -%}
{%- set is_increment = segment_experiments.is_increment() -%}
{%- set identities = changed_identities if is_increment else all_identities -%}
{%- if is_increment -%}
{{ target }}_messages as (

    select messages.*
    from {{ messages }} as messages
    inner join {{ identities }} as identities
        on {{ segment_experiments.identity_join('messages', 'identities') }}
    where {{ condition }}

),

{{ segment_experiments.first_deliveries_ctes(target ~ '_messages', target ~ '_deliveries', keys, order) }},
{%- else -%}
{{ segment_experiments.first_deliveries_ctes(messages, target ~ '_deliveries', keys, order, condition) }},
{%- endif %}

{{ target }} as (

    select
        deliveries.*,
        identities.user_key,
        identities.user_id as known_user_id
    from {{ target }}_deliveries as deliveries
    inner join {{ identities }} as identities
        on {{ segment_experiments.identity_join('deliveries', 'identities') }}

)
{%- endmacro %}
