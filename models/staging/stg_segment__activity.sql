{#-
    Redelivered messages stay: one activity more at the same moment changes no answer to "was the
    user active", and leaving them saves a sort of the largest tables there are.
-#}
{%- set selects = [] -%}
{%- for source in segment_experiments.activity_sources() -%}
    {%- set rows = segment_experiments.staging_rows(source) -%}
    {%- if rows -%}
        {%- do selects.append(rows) -%}
    {%- endif -%}
{%- endfor -%}

with messages as (
    {{ selects | join('\n\n    union all\n') or segment_experiments.no_staging_rows() }}

),

final as (

    select
        event_table,
        anonymous_id,
        user_id,
        event_at,
        received_at
    from messages
    where
        (anonymous_id is not null or user_id is not null)
        and event_at is not null

)

select * from final
