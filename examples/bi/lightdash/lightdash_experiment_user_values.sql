-- Written by write.py from the YAML of the marts.
select * from {{ ref('segment_experiments', 'experiment_user_values') }}
