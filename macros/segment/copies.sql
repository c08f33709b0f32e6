{#-
    Segment delivers at least once, and drops copies for about a day only, so copies of one message arrive
    weeks apart. They have the same message id and the same ids of the user; they differ in their arrival, and
    in `timestamp`, which Segment computes from it: the first arrival is the true one.
-#}

{#-
    Rows of the arrival days that this run reads, each with is_copy: whether another copy of the message
    arrived before, at most `redelivery_days` ago. A copy of a copy is one, too.

    Messages are rarely delivered twice, so the ids that are there twice are found by a plain count, and only
    their rows are put in order. Of the days before only the ids are read: of one day, all rows are new or
    none is.

    Arguments:
        source (string): relation with event_table, message_id, anonymous_id, user_id, arrival_day,
            received_at, and the columns of the others; it is read several times.
        target (string): relation made, with the columns of the source and is_copy (boolean).
        keys (list of columns): what else tells messages apart, never null; may be empty.
        order (list of columns): further order of copies that arrived at the same time; all that is read
            later, or the choice would depend on the order of the rows when a sender gives two messages of one
            user one id.
        condition (SQL): which rows count; the others are copies of nothing.
    Returns: SQL of common table expressions, the last named as target.
-#}
{% macro marked_copies_ctes(source, target, keys, order, condition='true') -%}
{%- set parts = ['event_table', 'message_id'] + keys -%}
{%- set redelivery_days = segment_experiments.setting('redelivery_days') -%}
{%- set known = segment_experiments.days_of_copies() -%}
{%- set known = known if known and segment_experiments.adds_to_table() else none -%}
{%- set relations = [[source, condition]] -%}
{%- if known -%}
    {%- do relations.append([this, condition ~ ' and ' ~ known]) -%}
{%- endif -%}
{{ target }}_repeated as (

    select
        {%- for part in parts %}
        {{ part }}{{ ',' if not loop.last }}
        {%- endfor %}
    from (
        {%- for relation, rows in relations %}
        select {{ parts | join(', ') }}
        from {{ relation }}
        where {{ rows }}
        {%- if not loop.last %}

        union all
        {%- endif %}
        {%- endfor %}
    ) as ids
    group by {{ parts | join(', ') }}
    having count(*) > 1

),

{{ target }}_days as (

    {%- for relation, rows in relations %}
    select distinct
        {%- for part in parts %}
        rows_of_days.{{ part }},
        {%- endfor %}
        coalesce(rows_of_days.anonymous_id, '') as anonymous_key,
        coalesce(rows_of_days.user_id, '') as user_key,
        rows_of_days.arrival_day
    from (
        select * from {{ relation }}
        where {{ rows }}
    ) as rows_of_days
    inner join {{ target }}_repeated as repeated
        on {{ segment_experiments.same('rows_of_days', 'repeated', parts) }}
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

),

{{ target }}_days_before as (

    select
        {{ target }}_days.*,
        lag(arrival_day) over (
            partition by {{ parts | join(', ') }}, anonymous_key, user_key
            order by arrival_day
        ) as day_before
    from {{ target }}_days

),

{{ target }}_ranked as (

    select
        rows_of_days.*,
        row_number() over (
            partition by
                {%- for part in parts %}
                rows_of_days.{{ part }},
                {%- endfor %}
                days_before.anonymous_key,
                days_before.user_key,
                rows_of_days.arrival_day
            order by
                {%- for column in ['received_at'] + order %}
                rows_of_days.{{ column }} nulls last{{ ',' if not loop.last }}
                {%- endfor %}
        ) > 1
        or (
            days_before.day_before is not null
            {%- if redelivery_days is not none %}
            and cast(days_before.arrival_day as {{ dbt.type_timestamp() }}) <= {{ segment_experiments.add_seconds(
                'cast(days_before.day_before as ' ~ dbt.type_timestamp() ~ ')', redelivery_days * 86400
            ) }}
            {%- endif %}
        ) as is_copy
    from (
        select * from {{ source }}
        where {{ condition }}
    ) as rows_of_days
    inner join {{ target }}_days_before as days_before
        on
            {{ segment_experiments.same('rows_of_days', 'days_before', parts + ['arrival_day']) }}
            and coalesce(rows_of_days.anonymous_id, '') = days_before.anonymous_key
            and coalesce(rows_of_days.user_id, '') = days_before.user_key

),

{{ target }} as (

    select
        {{ source }}.*,
        false as is_copy
    from {{ source }}
    left join {{ target }}_repeated as repeated
        on {{ segment_experiments.same(source, 'repeated', parts) }}
    where
        repeated.message_id is null
        or not ({{ condition }})

    union all

    select * from {{ target }}_ranked

)
{%- endmacro %}
