{{ config(**segment_experiments.by_user('assigned_at', ['experiment_id', 'user_key'])) }}
{%- set event_day = segment_experiments.days_between('analysed.assigned_at', 'events.event_at') -%}
{%- set changed_users = ref('segment_experiments', 'int_changed_users') -%}
with analysed as (

    select assignments.*
    from {{ ref('segment_experiments', 'experiment_assignments') }} as assignments
    {%- if segment_experiments.is_increment() %}
    inner join {{ changed_users }} as changed_users
        on assignments.user_key = changed_users.user_key
    {%- endif %}
    where assignments.exclusion_reason is null

),

events as (

    select * from {{ ref('segment_experiments', 'int_user_events') }}
    where measure = 'activity'

),

active as (

    select
        analysed.experiment_id,
        analysed.user_key,
        analysed.variant,
        analysed.assigned_at,
        {{ event_day }} as day
    from analysed
    inner join events on analysed.user_key = events.user_key
    where events.event_at >= analysed.assigned_at

),

-- One bit per day: bit 0 for the first 24 hours, and so on.
final as (

    select
        experiment_id,
        user_key,
        variant,
        assigned_at,
        {{ segment_experiments.bits_or(
            'case when day <= ' ~ segment_experiments.last_retention_day() ~ ' then day end'
        ) }} as active_days,
        max(day) as last_active_day
    from active
    group by experiment_id, user_key, variant, assigned_at

)

select * from final
