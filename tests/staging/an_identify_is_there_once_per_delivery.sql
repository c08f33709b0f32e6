{#-
    A loader may write a delivery twice, which stops nothing: copies count once. This is no test in YAML,
    because there a project's own model of the same name would take the place of this package's.
-#}
{{ config(severity='warn') }}

select
    message_id,
    received_at,
    count(*) as copies
from {{ ref('segment_experiments', 'stg_segment__identifies') }}
group by message_id, received_at
having count(*) > 1
