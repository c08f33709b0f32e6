{{ config(enabled=segment_experiments.is_in_modules('audits')) }}
{#- What is not in the results, and what to do about it. -#}
select
    check_name,
    experiment_id,
    metric,
    affected_rows,
    share,
    example,
    advice
from {{ ref('segment_experiments', 'tracking_audit') }}
where affected_rows > 0
