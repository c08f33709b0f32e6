{#-
    Sums of the users of an arm as of each day, at the cost of the days on which a user's values
    change instead of users times days. A user is in a state from one day until another; each state
    adds its count, its deviations from a centre of the arm, and their products on the first day and
    takes the same numbers away on the day after the last. Their running sums are those of all users
    of the day. The centre (the mean of all states) keeps the sums small, so that values far from 0
    lose none of their variance; it is a whole number, so that the sums of counts are exact. What is
    left of a mean or a sum of squares after all that was added and taken away is rounding below 1e-13
    of it.

    Source: T. F. Chan, G. H. Golub, R. J. LeVeque, Algorithms for Computing the Sample Variance, The
    American Statistician 37 (1983): shifted data, (1.6).

    Arguments:
        source (string): relation with a row per state: the columns of group_by, variant, from_day,
            until_day (dates; the state lasts until the day before; null for ever), and the quantities
            of a user (floats). It is read twice.
        days (string): relation with the columns of day_keys and date_day, without gaps.
        target (string): relation made, with a row per arm and day on which any user has a state: the
            columns of group_by, variant, date_day and user_sums_columns().
        group_by (list of strings): columns that identify a group of arms, such as
            ['experiment_id', 'metric'].
        day_keys (list of strings): those of group_by that have days of their own.
    Returns: SQL of common table expressions, the last named as target.
-#}
{% macro running_sums_ctes(source, days, target, group_by, day_keys) -%}
    {%- set quantities = segment_experiments.metric_quantities() -%}
    {%- set pairs = segment_experiments.quantity_pairs() -%}
    {%- set keys = group_by + ['variant'] -%}
{{ target }}_centers as {{ segment_experiments.materialized() }}(

    select
        {%- for key in keys %}
        {{ key }},
        {%- endfor %}
        {%- for quantity in quantities %}
        floor(avg({{ quantity }}) + 0.5) as {{ quantity }}_center{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ source }}
    group by {{ keys | join(', ') }}

),

{{ target }}_signs as (

    select 1.0 as sign

    union all

    select -1.0 as sign

),

{{ target }}_steps as (

    select
        {%- for key in keys %}
        {{ source }}.{{ key }},
        {%- endfor %}
        case
            when {{ target }}_signs.sign > 0 then {{ source }}.from_day
            else {{ source }}.until_day
        end as date_day,
        cast({{ target }}_signs.sign as {{ segment_experiments.type_double() }}) as sign,
        {%- for quantity in quantities %}
        {{ source }}.{{ quantity }} - {{ target }}_centers.{{ quantity }}_center
            as {{ quantity }}_deviation{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ source }}
    inner join {{ target }}_centers
        on {{ segment_experiments.same(source, target ~ '_centers', keys) }}
    cross join {{ target }}_signs
    where {{ target }}_signs.sign > 0 or {{ source }}.until_day is not null

),

{{ target }}_changes as {{ segment_experiments.materialized() }}(

    select
        {%- for key in keys %}
        {{ key }},
        {%- endfor %}
        date_day,
        sum(sign) as users_change,
        {%- for quantity in quantities %}
        sum(sign * {{ quantity }}_deviation) as {{ quantity }}_change,
        sum({{ quantity }}_deviation * {{ quantity }}_deviation) as {{ quantity }}_size,
        {%- endfor %}
        {%- for one, other in pairs %}
        sum(sign * {{ one }}_deviation * {{ other }}_deviation) as change_{{ one }}_{{ other }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from {{ target }}_steps
    group by {{ keys | join(', ') }}, date_day

),

{{ target }}_running as {{ segment_experiments.materialized() }}(

    {%- set columns = ['users_change'] -%}
    {%- for quantity in quantities -%}
        {%- do columns.append(quantity ~ '_change') -%}
        {%- do columns.append(quantity ~ '_size') -%}
    {%- endfor -%}
    {%- for one, other in pairs -%}
        {%- do columns.append('change_' ~ one ~ '_' ~ other) -%}
    {%- endfor %}

    select
        {%- for key in keys %}
        {{ target }}_centers.{{ key }},
        {%- endfor %}
        {{ days }}.date_day,
        {%- for quantity in quantities %}
        {{ target }}_centers.{{ quantity }}_center,
        {%- endfor %}
        {%- for column in columns %}
        sum(coalesce({{ target }}_changes.{{ column }}, 0.0)) over (
            partition by {% for key in keys %}{{ target }}_centers.{{ key }}{{ ', ' if not loop.last }}{% endfor %}
            order by {{ days }}.date_day rows between unbounded preceding and current row
        ) as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ target }}_centers
    inner join {{ days }}
        on {{ segment_experiments.same(target ~ '_centers', days, day_keys) }}
    left join {{ target }}_changes
        on
            {{ segment_experiments.same(target ~ '_centers', target ~ '_changes', keys) }}
            and {{ days }}.date_day = {{ target }}_changes.date_day

),

{{ target }}_active as (

    select
        {{ target }}_running.*,
        floor(users_change + 0.5) as active_users
    from {{ target }}_running
    where users_change > 0.5

),

{{ target }} as {{ segment_experiments.materialized() }}(

    select
        {%- for key in keys %}
        {{ key }},
        {%- endfor %}
        date_day,
        active_users,
        active_users * value_center + value_change as total,
        {%- for quantity in quantities %}
        {%- set mean -%}
            {{ quantity }}_center + {{ quantity }}_change / active_users
        {%- endset %}
        {{ segment_experiments.unless_rounding(
            mean, '1e-13 * sqrt(' ~ quantity ~ '_size / active_users)'
        ) }} as {{ quantity }}_active_mean,
        {%- endfor %}
        {%- for one, other in pairs %}
        {%- set products -%}
            change_{{ one }}_{{ other }} - {{ one }}_change * ({{ other }}_change / active_users)
        {%- endset %}
        {%- if one == other %}
        {{ segment_experiments.without_rounding(products, one ~ '_size') }}
        {%- else %}
        {{ products }}
        {%- endif %} as products_{{ one }}_{{ other }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ target }}_active

)
{%- endmacro %}
