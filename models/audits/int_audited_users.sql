{{ config(enabled=segment_experiments.is_in_modules('audits'), materialized='ephemeral') }}
{%- set checks = segment_experiments.assignment_findings() %}

with experiments as (

    select * from {{ ref('segment_experiments', 'mart_experiments') }}

),

user_counts as (

    select * from {{ ref('segment_experiments', 'int_assignment_audit') }}

),

judged_experiments as (

    select
        experiment_id,
        is_registered,
        users + excluded_users as assigned_users,
        first_assigned_at,
        last_assigned_at,
        not {{ segment_experiments.matches_pattern(
            'experiment_id', segment_experiments.setting('naming_convention')
        ) }} as breaks_convention,
        {{ segment_experiments.names_other_month(
            'experiment_id', 'coalesce(started_at, first_assigned_at)'
        ) }} as has_other_month
    from experiments

),

final as (

    {%- for check_name, (condition, total) in checks.items() %}
    select
        '{{ check_name }}' as check_name,
        experiment_id,
        {{ check_name }} as affected_rows,
        {{ total }} as total_rows,
        {{ check_name }}_first as first_seen_at,
        {{ check_name }}_last as last_seen_at,
        {{ check_name }}_example as example
    from user_counts

    union all
    {% endfor %}
    select
        'repeated_exposure' as check_name,
        experiment_id,
        duplicate_exposures as affected_rows,
        exposures as total_rows,
        case when duplicate_exposures > 0 then first_assigned_at end as first_seen_at,
        case when duplicate_exposures > 0 then last_exposed_at end as last_seen_at,
        duplicate_example as example
    from user_counts

    union all

    select
        'experiment_not_registered' as check_name,
        experiment_id,
        case when is_registered then 0 else assigned_users end as affected_rows,
        assigned_users as total_rows,
        case when not is_registered then first_assigned_at end as first_seen_at,
        case when not is_registered then last_assigned_at end as last_seen_at,
        case when not is_registered then experiment_id end as example
    from judged_experiments

    {%- for check_name, condition in [
        ('experiment_id_breaks_convention', 'breaks_convention'),
        ('experiment_month_differs', 'has_other_month')
    ] %}

    union all

    select
        '{{ check_name }}' as check_name,
        experiment_id,
        case when {{ condition }} then 1 else 0 end as affected_rows,
        1 as total_rows,
        case when {{ condition }} then first_assigned_at end as first_seen_at,
        case when {{ condition }} then last_assigned_at end as last_seen_at,
        case when {{ condition }} then experiment_id end as example
    from judged_experiments
    {%- endfor %}

)

select * from final
