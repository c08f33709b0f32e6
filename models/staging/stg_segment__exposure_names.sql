{{ config(**segment_experiments.by_arrival_day(['event_table'])) }}
{#-
    Read from the raw tables, before the messages are: what a message means depends on what all of
    them say.
-#}
-- depends_on: {{ ref('segment_experiments', 'int_arrivals') }}
with final as (
    {{ segment_experiments.sent_names_sql() }}
)

select * from final
