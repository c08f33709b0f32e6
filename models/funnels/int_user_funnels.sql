{{ config(
    enabled=segment_experiments.is_in_modules('funnels'),
    **segment_experiments.table_layout(none, ['experiment_id', 'funnel', 'user_key'])
) }}
{#-
    A step is reached at the first of its events at or after the step before: whoever takes the first
    chance at every step gets at least as far as by any other choice.

    Whether a user's window has passed is asked where the table is read, so that time alone changes no
    row.
-#}
{%- set span = segment_experiments.longest_funnel() -%}
with analysed as (

    {{ segment_experiments.computed_rows('experiment_assignments', 'assignments', 'assigned_at') }}
    where assignments.exclusion_reason is null

),

steps as (

    select * from {{ ref('segment_experiments', 'int_funnel_steps') }}

),

events as (

    {{ segment_experiments.shared_rows('events') }}
    where shared.measure in (select steps.measure from steps)

),

matched as (

    select
        analysed.experiment_id,
        analysed.user_key,
        analysed.variant,
        analysed.analysed_from,
        events.measure,
        events.event_at
    from analysed
    inner join events
        on
            {{ segment_experiments.integer_hash('analysed.user_key') }} = events.user_hash
            and analysed.analysed_from <= events.event_at
            and {{ segment_experiments.add_seconds('analysed.analysed_from', span.seconds) }}
            > events.event_at
            and {{ segment_experiments.is_in_time('events.available_at', 'analysed') }}

),

reached_0 as (

    select
        matched.experiment_id,
        matched.user_key,
        matched.variant,
        matched.analysed_from,
        matched.event_at,
        steps.funnel,
        steps.step_number,
        steps.is_repeated
    from matched
    inner join steps on matched.measure = steps.measure
    where
        matched.event_at < {{ segment_experiments.add_seconds(
            'matched.analysed_from', 'steps.window_seconds'
        ) }}

),

{% for step in range(1, span.steps + 1) -%}
reached_{{ step }} as (

    select
        reached_{{ step - 1 }}.*,
        min(
            case
                {%- if step == 1 %}
                when step_number = 1
                {%- else %}
                when
                    step_number = {{ step }}
                    and (
                        event_at > reached_at_{{ step - 1 }}
                        or (event_at = reached_at_{{ step - 1 }} and not is_repeated)
                    )
                {%- endif %}
                    then event_at
            end
        ) over (partition by user_key, experiment_id, funnel) as reached_at_{{ step }}
    from reached_{{ step - 1 }}

),

{% endfor -%}
users as (

    select
        experiment_id,
        user_key,
        variant,
        analysed_from,
        {%- for step in range(1, span.steps + 1) %}
        max(reached_at_{{ step }}) as reached_at_{{ step }},
        {%- endfor %}
        funnel
    from reached_{{ span.steps }}
    group by experiment_id, user_key, variant, analysed_from, funnel

),

step_numbers as (

    {{ segment_experiments.integers(1, span.steps) }}

),

rows_per_step as (

    select
        users.experiment_id,
        users.user_key,
        users.variant,
        users.analysed_from,
        users.funnel,
        step_numbers.number as step_number,
        case step_numbers.number
            {%- for step in range(1, span.steps + 1) %}
            when {{ step }} then users.reached_at_{{ step }}
            {%- endfor %}
        end as reached_at
    from users
    cross join step_numbers

),

final as (

    select
        experiment_id,
        user_key,
        variant,
        analysed_from,
        funnel,
        step_number,
        reached_at
    from rows_per_step
    where reached_at is not null

)

select * from final
