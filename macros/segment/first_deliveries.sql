{#-
    One row per message: of its copies, the one that arrived first.

    Segment delivers at least once, and drops copies for about a day only, so copies of one message
    can be months apart. They have the same message id and the same ids of the user; they differ in
    their arrival, and in `timestamp`, which Segment computes from it: the first arrival is the true
    one. The further order makes the choice independent of the order of rows when a sender gives two
    messages of one user one id.

    Messages are rarely delivered twice, so the ids that are there twice are found by a plain count,
    and only their rows are put in order.

    Arguments:
        messages (string or Relation): table or common table expression with message_id, anonymous_id,
            user_id and received_at; it is read several times, so a plain table is best.
        target (string): relation made, with the columns of messages and delivery_number = 1.
        keys (list of columns): what else tells messages apart, never null; may be empty.
        order (list of columns): further order of copies that arrived at the same time; all that is
            read later, or the choice would depend on the order of the rows.
        condition (SQL): which messages, on the alias `messages`.
    Returns: SQL of common table expressions, the last named as target.
-#}
{% macro first_deliveries_ctes(messages, target, keys, order, condition='true') -%}
{%- set parts = ['message_id'] + keys -%}
{{ target }}_repeated as (

    select
        {%- for part in parts %}
        messages.{{ part }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ messages }} as messages
    where {{ condition }}
    group by {% for part in parts %}messages.{{ part }}{{ ', ' if not loop.last }}{% endfor %}
    having count(*) > 1

),

{{ target }}_ranked as (

    select
        messages.*,
        row_number() over (
            partition by
                messages.message_id,
                messages.anonymous_id,
                messages.user_id
                {%- for key in keys %},
                messages.{{ key }}
                {%- endfor %}
            order by
                {%- for column in ['received_at'] + order %}
                messages.{{ column }} nulls last{{ ',' if not loop.last }}
                {%- endfor %}
        ) as delivery_number
    from {{ messages }} as messages
    inner join {{ target }}_repeated as repeated
        on
            {%- for part in parts %}
            {{ 'and ' if not loop.first }}messages.{{ part }} = repeated.{{ part }}
            {%- endfor %}
    where {{ condition }}

),

{{ target }} as (

    select
        messages.*,
        1 as delivery_number
    from {{ messages }} as messages
    left join {{ target }}_repeated as repeated
        on
            {%- for part in parts %}
            {{ 'and ' if not loop.first }}messages.{{ part }} = repeated.{{ part }}
            {%- endfor %}
    where
        repeated.message_id is null
        and {{ condition }}

    union all

    select * from {{ target }}_ranked
    where delivery_number = 1

)
{%- endmacro %}
