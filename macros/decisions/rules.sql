{#-
    The rules of experiment_decisions; see DECISIONLOG.md, "Decisions". The first that fits decides.

    Returns: list of dicts with
        when (SQL of a row, boolean), of the columns that decision_ctes() lists;
        decision (string);
        reason (SQL of a row, string).
-#}
{% macro decision_rules() %}
    {% set clear_signals = "decision_rule = 'clear_signals'" %}
    {% set all_won = 'won_goals = goal_count' %}
    {% set too_small = 'smallest_users < ' ~ segment_experiments.setting('min_users_per_variant') %}
    {{ return([
        {
            'when': 'failed_checks is not null',
            'decision': 'fix tracking',
            'reason': "'The comparison is wrong. Failed checks: ' || failed_checks || '.'",
        },
        {
            'when': 'days_run < minimum_days and not has_reached_end',
            'decision': 'keep running',
            'reason': "'Nothing is decided before minimum_days have passed.'",
        },
        {
            'when': 'days_run < minimum_days',
            'decision': 'review',
            'reason': "'It ended before minimum_days had passed.'",
        },
        {
            'when': 'goal_count = 0 and not has_reached_end',
            'decision': 'keep running',
            'reason': "'The registry names no goal to decide by.'",
        },
        {
            'when': 'goal_count = 0',
            'decision': 'review',
            'reason': "'The registry names no goal to decide by.'",
        },
        {
            'when': 'breached_guardrails > 0',
            'decision': 'roll back',
            'reason': "decision_rule || ': breached guardrails: ' || guardrails_breached || '.'",
        },
        {
            'when': 'lost_goals > 0 and (won_goals = 0 or not ' ~ clear_signals ~ ')',
            'decision': 'roll back',
            'reason': "decision_rule || ': lost goals: ' || goals_lost || '.'",
        },
        {
            'when': clear_signals ~ ' and ' ~ all_won ~ ' and held_guardrails = guardrail_count',
            'decision': 'ship',
            'reason': "decision_rule || ': every goal won: ' || goals_won || coalesce('; every guardrail held: '"
                ~ " || guardrails_held, '') || '.'",
        },
        {
            'when': clear_signals ~ ' and not has_reached_end',
            'decision': 'keep running',
            'reason': "decision_rule || ': the end has not come, and these have not won or held yet: '"
                ~ " || unclear_metrics || '.'",
        },
        {
            'when': clear_signals ~ ' and ' ~ all_won,
            'decision': 'review',
            'reason': "decision_rule || ': every goal won: ' || goals_won || '; guardrails at risk: '"
                ~ " || guardrails_at_risk || '.'",
        },
        {
            'when': clear_signals ~ ' and won_goals > 0 and lost_goals > 0',
            'decision': 'review',
            'reason': "decision_rule || ': won goals: ' || goals_won || '; lost goals: ' || goals_lost || '.'",
        },
        {
            'when': clear_signals ~ ' and (' ~ too_small ~ ' or unpowered_goals > 0)',
            'decision': 'too few users',
            'reason': "decision_rule || ': too few users to tell these goals: ' || unclear_goals || '.'",
        },
        {
            'when': clear_signals,
            'decision': 'review',
            'reason': "decision_rule || ': no clear signal in these goals: ' || unclear_goals || '.'",
        },
        {
            'when': 'not has_reached_end',
            'decision': 'keep running',
            'reason': "decision_rule || ': no harm yet, and the end has not come. Goals: ' || goals || '.'",
        },
        {
            'when': too_small,
            'decision': 'too few users',
            'reason': "decision_rule || ': too few users to see harm. Goals: ' || goals || '.'",
        },
        {
            'when': 'true',
            'decision': 'ship',
            'reason': "decision_rule || ': no goal lost and no guardrail is breached. Goals: ' || goals || '.'",
        },
    ]) }}
{% endmacro %}


{#-
    What to do with variants, and why.

    Arguments:
        source, target (strings): names of the relation read (once) and of the one made.
        The source has: decision_rule (string); has_reached_end (boolean); days_run, minimum_days (floats);
        smallest_users (integer), of the two arms; goal_count, won_goals, lost_goals, unpowered_goals,
        guardrail_count, held_guardrails, breached_guardrails (integers); failed_checks, goals, goals_won,
        goals_lost, unclear_goals, unclear_metrics, guardrails_held, guardrails_at_risk, guardrails_breached
        (lists as strings, null when there is none). No number is null.
    Returns: SQL of common table expressions, the last named as target, with all columns of the source,
    decision and reason (strings).
-#}
{% macro decision_ctes(source, target) -%}
    {%- set rules = segment_experiments.decision_rules() -%}
{{ target }}_ruled as (

    select
        {{ source }}.*,
        case
            {%- for rule in rules %}
            when {{ rule.when }} then {{ loop.index }}
            {%- endfor %}
        end as ruling
    from {{ source }}

),

{{ target }} as (

    select
        {{ target }}_ruled.*,
        case ruling
            {%- for rule in rules %}
            when {{ loop.index }} then '{{ rule.decision }}'
            {%- endfor %}
        end as decision,
        case ruling
            {%- for rule in rules %}
            when {{ loop.index }} then {{ rule.reason }}
            {%- endfor %}
        end as reason
    from {{ target }}_ruled

)
{%- endmacro %}
