{{ config(enabled=segment_experiments.is_in_modules('daily'), **segment_experiments.by_experiment()) }}
{%- set quantities = segment_experiments.metric_quantities() -%}
{%- set capped = segment_experiments.metrics() | selectattr('cap_percentile') | list %}
with user_states as {{ segment_experiments.not_materialized() }}(

    select * from {{ ref('segment_experiments', 'int_user_metric_states') }}
    where {{ segment_experiments.is_computed('experiment_id', 'analysed_from') }}

),

days as (

    select * from {{ ref('segment_experiments', 'int_experiment_days') }}
    where {{ segment_experiments.is_computed('experiment_id') }}

),

metrics as (

    select * from {{ ref('segment_experiments', 'int_metrics') }}

),

times as (

    select
        experiment_id,
        as_of,
        cast(as_of as date) as as_of_date
    from {{ ref('segment_experiments', 'int_experiment_times') }}

),

{% if capped -%}
daily_users as (

    select * from {{ ref('segment_experiments', 'int_daily_users') }}
    where {{ segment_experiments.is_computed('experiment_id') }}

),

{% endif -%}
-- Nothing lies after the day of the analysis.
cut as {{ segment_experiments.not_materialized() }}(

    select
        user_states.experiment_id,
        user_states.metric,
        metrics.cap_percentile is not null as is_capped,
        least(user_states.from_day, times.as_of_date) as from_day,
        case
            when user_states.until_day is not null
                then least(user_states.until_day, times.as_of_date)
        end as until_day,
        {%- for quantity in quantities %}
        user_states.{{ quantity }},
        {%- endfor %}
        user_states.variant
    from user_states
    inner join metrics on user_states.metric = metrics.metric
    inner join times on user_states.experiment_id = times.experiment_id
    where
        not metrics.is_mature_only
        or {{ segment_experiments.is_mature(
            'user_states.analysed_from', 'metrics.maturity_seconds', 'times.as_of'
        ) }}

),

states as {{ segment_experiments.not_materialized() }}(

    select * from cut
    where until_day is null or from_day < until_day

),

plain_states as (

    select * from states
    where not is_capped

),

{{ segment_experiments.running_sums_ctes(
    'plain_states', 'days', 'plain_sums', ['experiment_id', 'metric'], ['experiment_id']
) }},

{% if capped -%}
-- A percentile of all users is another one every day, so each day has all its users.
daily_values as (

    select
        states.experiment_id,
        states.metric,
        days.date_day,
        states.variant,
        {{ quantities | join(', ') }}
    from states
    inner join days
        on
            states.experiment_id = days.experiment_id
            and states.from_day <= days.date_day
            and (states.until_day is null or states.until_day > days.date_day)
    where states.is_capped

),

{{ segment_experiments.capped_users_cte(
    'daily_users', 'metrics', 'metric_users', ['experiment_id', 'date_day']
) }},

{%- for quantity in ['value', 'covariate'] %}

{{ segment_experiments.cap_ctes(
    'daily_values', 'metric_users', quantity, quantity ~ '_caps', ['experiment_id', 'metric', 'date_day']
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
            when daily_values.{{ quantity }} > {{ quantity }}_caps.cap then {{ quantity }}_caps.cap
            else daily_values.{{ quantity }}
        end as {{ quantity }},
        {%- endfor %}
        daily_values.denominator,
        daily_values.covariate_denominator
    from daily_values
    {%- for quantity in ['value', 'covariate'] %}
    left join {{ quantity }}_caps
        on {{ segment_experiments.same(
            'daily_values', quantity ~ '_caps', ['experiment_id', 'metric', 'date_day']
        ) }}
    {%- endfor %}

),

{{ segment_experiments.user_sums_ctes(
    'capped_values', 'capped_sums', ['experiment_id', 'metric', 'date_day']
) }},

{% endif -%}
final as (

    {%- for sums in ['plain_sums'] + (['capped_sums'] if capped else []) %}

    select
        experiment_id,
        metric,
        date_day,
        {%- for column in segment_experiments.user_sums_columns() %}
        {{ column }},
        {%- endfor %}
        variant
    from {{ sums }}
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

)

select * from final
