{#-
    Query of the user keys that are suppressed now and were not at the last finished run, or the other
    way round; and of those for which an unfinished run has seen such a change.

    Arguments: suppressed (Relation), int_suppressed_users.
    Returns: SQL of a query with user_key; no row before the first finished run.
-#}
{% macro suppression_changes(suppressed) -%}
    {%- set processed = segment_experiments.existing_relation('int_processed_arrivals') -%}
    {%- if processed is none -%}
    select user_key
    from {{ suppressed }}
    where 1 = 0
    {%- else -%}
    select suppressed.user_key
    from {{ suppressed }} as suppressed
    left join {{ processed }} as processed
        on
            processed.kind = 'suppressed'
            and suppressed.user_key = processed.name
    where processed.name is null

    union distinct

    select processed.name as user_key
    from {{ processed }} as processed
    left join {{ suppressed }} as suppressed on processed.name = suppressed.user_key
    where
        processed.kind = 'suppressed'
        and suppressed.user_key is null

    union distinct

    select name as user_key
    from {{ processed }}
    where kind = 'suppression'
    {%- endif -%}
{%- endmacro %}


{#-
    Pre-hook: keeps the changes of suppression_changes() until a run has finished. Otherwise a
    run that dies, and a list that is changed back before the next one, would leave the user half
    removed.
-#}
{% macro note_suppression_changes() -%}
    {%- set suppressed = segment_experiments.existing_relation('int_suppressed_users') -%}
    {%- set processed = segment_experiments.existing_relation('int_processed_arrivals') -%}
    {%- if suppressed is not none and processed is not none -%}
        insert into {{ processed }} (kind, raw_table, name, row_count, checksum)
        select
            'suppression' as kind,
            '' as raw_table,
            changes.user_key as name,
            1 as row_count,
            0 as checksum
        from ({{ segment_experiments.suppression_changes(suppressed) }}) as changes
        left join {{ processed }} as noted
            on
                noted.kind = 'suppression'
                and changes.user_key = noted.name
        where noted.name is null
    {%- endif -%}
{%- endmacro %}
