-- What is not in the results, and what to do about it.
select
    check_name,
    experiment_id,
    metric,
    affected_rows,
    share,
    example,
    advice
from experiments.tracking_audit
where affected_rows > 0
