{%- set default_rule = segment_experiments.registry_choices().decision_rule[0] -%}
with progress as (

    select * from {{ ref('segment_experiments', 'int_variant_progress') }}

),

scorecard as (

    select * from {{ ref('segment_experiments', 'experiment_scorecard') }}

),

metrics as (

    select * from {{ ref('segment_experiments', 'int_metrics') }}

),

registry as (

    select * from {{ ref('segment_experiments', 'stg_registry__experiments') }}

),

health as (

    select * from {{ ref('segment_experiments', 'experiment_health') }}

),

failed as (

    select
        experiment_id,
        {{ segment_experiments.string_list('check_name') }} as failed_checks
    from health
    where status = 'fail'
    group by experiment_id

),

-- What cannot be compared has not held.
judged as (

    select
        scorecard.experiment_id,
        scorecard.variant,
        scorecard.metric,
        scorecard.metric_role = 'goal' as is_goal,
        scorecard.metric_role = 'goal' and coalesce(scorecard.verdict = 'win', false) as has_won,
        scorecard.metric_role = 'goal' and coalesce(scorecard.verdict = 'loss', false) as has_lost,
        scorecard.metric_role = 'goal' and coalesce(scorecard.verdict = 'not yet powered', true)
            as is_not_powered,
        scorecard.metric_role = 'guardrail' and coalesce(scorecard.guardrail_state = 'held', false)
            as has_held,
        scorecard.metric_role = 'guardrail' and coalesce(scorecard.guardrail_state = 'breached', false)
            as is_breached,
        {{ segment_experiments.both_users_to_detect(
            'coalesce(registry.target_effect, metrics.minimum_effect)',
            'scorecard.minimum_detectable_effect',
            '(scorecard.users + scorecard.control_users)'
        ) }} as users_needed
    from scorecard
    inner join metrics on scorecard.metric = metrics.metric
    left join registry on scorecard.experiment_id = registry.experiment_id
    where scorecard.metric_role is not null

),

counted as (

    select
        experiment_id,
        variant,
        {%- for name, condition in {
            'goal_count': 'is_goal',
            'won_goals': 'has_won',
            'lost_goals': 'has_lost',
            'unpowered_goals': 'is_not_powered',
            'guardrail_count': 'not is_goal',
            'held_guardrails': 'has_held',
            'breached_guardrails': 'is_breached',
            'goals_of_unknown_need': 'is_goal and users_needed is null'
        }.items() %}
        sum(case when {{ condition }} then 1 else 0 end) as {{ name }},
        {%- endfor %}
        {%- for name, condition in {
            'goals': 'is_goal',
            'goals_won': 'has_won',
            'goals_lost': 'has_lost',
            'unclear_goals': 'is_goal and not has_won',
            'unclear_metrics': 'not has_won and not has_held',
            'guardrails_held': 'has_held',
            'guardrails_at_risk': 'not is_goal and not has_held and not is_breached',
            'guardrails_breached': 'is_breached'
        }.items() %}
        {{ segment_experiments.string_list('case when ' ~ condition ~ ' then metric end') }} as {{ name }},
        {%- endfor %}
        max(case when is_goal then users_needed end) as users_needed
    from judged
    group by experiment_id, variant

),

joined as (

    select
        progress.*,
        coalesce(registry.decision_rule, '{{ default_rule }}') as decision_rule,
        coalesce(
            registry.minimum_days,
            {{ segment_experiments.float_literal(segment_experiments.setting('minimum_days')) }}
        ) as minimum_days,
        registry.decision as registered_decision,
        registry.decided_at,
        failed.failed_checks,
        {%- for name in [
            'goal_count', 'won_goals', 'lost_goals', 'unpowered_goals', 'guardrail_count', 'held_guardrails',
            'breached_guardrails'
        ] %}
        coalesce(counted.{{ name }}, 0) as {{ name }},
        {%- endfor %}
        {%- for name in [
            'goals', 'goals_won', 'goals_lost', 'unclear_goals', 'unclear_metrics', 'guardrails_held',
            'guardrails_at_risk', 'guardrails_breached'
        ] %}
        counted.{{ name }},
        {%- endfor %}
        case when counted.goals_of_unknown_need = 0 then counted.users_needed end as users_needed
    from progress
    left join registry on progress.experiment_id = registry.experiment_id
    left join counted
        on
            progress.experiment_id = counted.experiment_id
            and progress.variant = counted.variant
    left join failed on progress.experiment_id = failed.experiment_id

),

{{ segment_experiments.decision_ctes('joined', 'decided') }},

final as (

    select
        experiment_id,
        variant,
        control_variant,
        decision,
        reason,
        decision_rule,
        goals,
        goals_won,
        goals_lost,
        guardrails_held,
        guardrails_at_risk,
        guardrails_breached,
        failed_checks,
        experiment_status,
        days_run,
        minimum_days,
        users,
        users_needed,
        case
            when users_needed > 0
                then least(users / cast(users_needed as {{ segment_experiments.type_double() }}), 1.0)
        end as progress,
        users_per_day,
        case
            when experiment_status = 'concluded' or decision in ('ship', 'roll back') then 0.0
            when users_needed is null then null
            when users_needed <= users then greatest(minimum_days - days_run, 0.0)
            when users_per_day > 0
                then greatest((users_needed - users) / users_per_day, minimum_days - days_run)
        end as days_left,
        last_window_ends_at,
        is_final,
        registered_decision,
        decided_at,
        as_of
    from decided

)

select * from final
