{#-
    How many users are there on each day of an experiment, by waiting time. Coming and going are added up,
    because a user is there on many days.

    Arguments:
        periods (string): relation as of computed_rows('int_user_assignment_periods'), of analysed users.
        days (string): relation as of int_experiment_days.
        waiting_times (string): relation as of waiting_time_rows().
        target (string): relation made, as int_slice_users.
    Returns: SQL of common table expressions, the last named as target.
-#}
{% macro day_counts_ctes(periods, days, waiting_times, target) -%}
{%- set arm = ['experiment_id', 'variant', 'is_mature_only', 'maturity_seconds'] -%}
stays as (

    select
        {{ periods }}.experiment_id,
        {{ periods }}.variant,
        {{ waiting_times }}.is_mature_only,
        {{ waiting_times }}.maturity_seconds,
        least(
            {{ segment_experiments.entry_date(
                periods ~ '.valid_from', periods ~ '.analysed_from', waiting_times ~ '.is_mature_only',
                waiting_times ~ '.maturity_seconds'
            ) }},
            cast({{ periods }}.as_of as date)
        ) as entered_on,
        least({{ periods }}.valid_until, cast({{ periods }}.as_of as date)) as left_on,
        {{ periods }}.valid_until is not null as has_left
    from {{ periods }}
    cross join {{ waiting_times }}
    where
        not {{ waiting_times }}.is_mature_only
        or {{ segment_experiments.is_mature(
            periods ~ '.analysed_from', waiting_times ~ '.maturity_seconds', periods ~ '.as_of'
        ) }}

),

signs as (

    select 1 as sign

    union all

    select -1 as sign

),

changes as (

    select
        {%- for column in arm %}
        stays.{{ column }},
        {%- endfor %}
        case when signs.sign = 1 then stays.entered_on else stays.left_on end as date_day,
        sum(signs.sign) as users
    from stays
    cross join signs
    where
        (not stays.has_left or stays.entered_on < stays.left_on)
        and (signs.sign = 1 or stays.has_left)
    group by
        {%- for column in arm %}
        stays.{{ column }},
        {%- endfor %}
        case when signs.sign = 1 then stays.entered_on else stays.left_on end

),

day_arms as (

    select distinct {{ arm | join(', ') }} from changes

),

running_counts as (

    select
        {%- for column in arm %}
        day_arms.{{ column }},
        {%- endfor %}
        {{ days }}.date_day,
        sum(coalesce(changes.users, 0)) over (
            -- BigQuery partitions by no number with a fraction.
            partition by
                {{ days }}.experiment_id,
                day_arms.variant,
                day_arms.is_mature_only,
                cast(day_arms.maturity_seconds as {{ segment_experiments.type_text() }})
            order by {{ days }}.date_day rows between unbounded preceding and current row
        ) as users
    from {{ days }}
    inner join day_arms on {{ days }}.experiment_id = day_arms.experiment_id
    left join changes
        on
            {{ segment_experiments.same('day_arms', 'changes', arm) }}
            and {{ days }}.date_day = changes.date_day

),

{{ target }} as (

    select
        {%- for column in arm %}
        {{ column }},
        {%- endfor %}
        'date' as slice,
        '' as dimension,
        '' as raw_value,
        {{ segment_experiments.day_text('date_day') }} as slice_value,
        users
    from running_counts
    where users > 0

)
{%- endmacro %}


{#-
    Sums over the users of an arm as of each day.

    Arguments:
        states (string): relation with the columns of int_user_metric_states and as_of (timestamp), of users
            who have waited long enough; it is read twice.
        days (string): relation as of int_experiment_days.
        slice_users (string): relation as of int_slice_users.
        metrics (string): relation as of int_metrics.
        target (string): relation made, as int_metric_sums.
    Returns: SQL of common table expressions, the last named as target.
-#}
{% macro day_sums_ctes(states, days, slice_users, metrics, target) -%}
{%- set quantities = segment_experiments.metric_quantities() -%}
{%- set capped = segment_experiments.metrics() | selectattr('cap_percentile') | list -%}
-- Nothing lies after the day of the analysis.
cut_states as {{ segment_experiments.not_materialized() }}(

    select
        experiment_id,
        metric,
        cap_percentile is not null as is_capped,
        least(from_day, cast(as_of as date)) as from_day,
        case when until_day is not null then least(until_day, cast(as_of as date)) end as until_day,
        {{ quantities | join(', ') }},
        variant
    from {{ states }}

),

plain_states as {{ segment_experiments.not_materialized() }}(

    select * from cut_states
    where
        not is_capped
        and (until_day is null or from_day < until_day)

),

{{ segment_experiments.running_sums_ctes(
    'plain_states', days, 'plain_sums', ['experiment_id', 'metric'], ['experiment_id']
) }},

{% if capped -%}
-- A percentile of all users is another one every day, so each day has all its users.
daily_values as (

    select
        cut_states.experiment_id,
        cut_states.metric,
        {{ days }}.date_day,
        cut_states.variant,
        {%- for quantity in quantities %}
        cut_states.{{ quantity }}{{ ',' if not loop.last }}
        {%- endfor %}
    from cut_states
    inner join {{ days }}
        on
            cut_states.experiment_id = {{ days }}.experiment_id
            and cut_states.from_day <= {{ days }}.date_day
            and (cut_states.until_day is null or cut_states.until_day > {{ days }}.date_day)
    where cut_states.is_capped

),

dated_users as (

    select
        {{ slice_users }}.*,
        {{ segment_experiments.day_of_slice() }} as date_day
    from {{ slice_users }}
    where {{ slice_users }}.slice = 'date'

),

{{ segment_experiments.capped_users_cte(
    'dated_users', metrics, 'daily_metric_users', ['experiment_id', 'date_day']
) }},

{%- for quantity in ['value', 'covariate'] %}

{{ segment_experiments.cap_ctes(
    'daily_values', 'daily_metric_users', quantity, 'daily_' ~ quantity ~ '_caps',
    ['experiment_id', 'metric', 'date_day']
) }},
{%- endfor %}

capped_values as (

    select
        daily_values.experiment_id,
        daily_values.metric,
        daily_values.date_day,
        daily_values.variant,
        {%- for quantity in ['value', 'covariate'] %}
        case
            when daily_values.{{ quantity }} > daily_{{ quantity }}_caps.cap then daily_{{ quantity }}_caps.cap
            else daily_values.{{ quantity }}
        end as {{ quantity }},
        {%- endfor %}
        daily_values.denominator,
        daily_values.covariate_denominator
    from daily_values
    {%- for quantity in ['value', 'covariate'] %}
    left join daily_{{ quantity }}_caps
        on {{ segment_experiments.same(
            'daily_values', 'daily_' ~ quantity ~ '_caps', ['experiment_id', 'metric', 'date_day']
        ) }}
    {%- endfor %}

),

{{ segment_experiments.user_sums_ctes(
    'capped_values', 'capped_sums', ['experiment_id', 'metric', 'date_day']
) }},

{% endif -%}
{{ target }} as (

    {%- for sums in ['plain_sums'] + (['capped_sums'] if capped else []) %}

    select
        {{ sums }}.experiment_id,
        {{ sums }}.metric,
        {{ sums }}.variant,
        {%- for column in segment_experiments.user_sums_columns() %}
        {{ sums }}.{{ column }},
        {%- endfor %}
        'date' as slice,
        '' as dimension,
        {{ segment_experiments.day_text(sums ~ '.date_day') }} as slice_value
    from {{ sums }}
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

)
{%- endmacro %}


{#- The day of a row with slice and slice_value; null of other slices. Returns: SQL, date. -#}
{% macro day_of_slice() -%}
    cast(case when slice = 'date' then slice_value end as date)
{%- endmacro %}


{#- A day as a text that is the same on every warehouse. Argument: day (SQL, date). Returns: SQL, string. -#}
{% macro day_text(day) -%}
    cast({{ day }} as {{ segment_experiments.type_text() }})
{%- endmacro %}
