{#-
    Winsorization: the exact percentile of a column over all users of an experiment and metric, arms
    pooled, users without a row counted as 0, or over the users with an amount (`cap_zeros: false`);
    interpolated linearly, as numpy does by default.

    With n users in ascending order the percentile p lies at position h = p (n - 1), counted from 0.
    Negative values stand first, then the zeros, if they count, then the positive values, so the positions
    of an amount follow from how many users have less; a position that no amount has holds a zero.

    Source: R. J. Hyndman, Y. Fan, Sample Quantiles in Statistical Packages, The American
    Statistician 50 (1996), definition 7.

    Arguments:
        source (string): relation with the columns of group_by and the column.
        metric_users (string): relation as of capped_users_cte(), with the columns of group_by.
        column (string): the column to cap.
        target (string): relation made, with the columns of group_by, cap and largest_amount.
        group_by (list of strings): columns that identify the users among whom the percentile is taken.
    Returns: SQL of common table expressions, the last named as target.
-#}
{% macro cap_ctes(source, metric_users, column, target, group_by=['experiment_id', 'metric']) -%}
{%- set source_keys = [] -%}
{%- set target_keys = [] -%}
{%- for key in group_by -%}
    {%- do source_keys.append(source ~ '.' ~ key) -%}
    {%- do target_keys.append(target ~ '_amounts.' ~ key) -%}
{%- endfor -%}
{{ target }}_amounts as (

    select
        {{ source_keys | join(', ') }},
        {{ source }}.{{ column }} as amount,
        count(*) as amount_users
    from {{ source }}
    where {{ source }}.{{ column }} <> 0
    group by {{ source_keys | join(', ') }}, {{ source }}.{{ column }}

),

{{ target }}_counted as (

    select
        {{ target }}_amounts.*,
        sum({{ target }}_amounts.amount_users) over (partition by {{ target_keys | join(', ') }}) as users,
        sum({{ target }}_amounts.amount_users) over (
            partition by {{ target_keys | join(', ') }}
            order by {{ target }}_amounts.amount
            rows between unbounded preceding and current row
        ) as users_up_to
    from {{ target }}_amounts

),

{{ target }}_zeros as (

    select
        {{ target }}_counted.*,
        {{ metric_users }}.cap_percentile,
        case when {{ metric_users }}.cap_zeros then {{ metric_users }}.users - {{ target }}_counted.users else 0 end
            as zeros
    from {{ target }}_counted
    inner join {{ metric_users }}
        on {{ segment_experiments.same(target ~ '_counted', metric_users, group_by) }}

),

{{ target }}_placed as (

    select
        {{ group_by | join(', ') }},
        amount,
        amount_users,
        (users + zeros - 1) * cap_percentile as cap_position,
        users_up_to - 1 + case when amount < 0 then 0 else zeros end as last_position
    from {{ target }}_zeros

),

{{ target }} as (

    select
        {{ group_by | join(', ') }},
        sum(
            case
                when {{ segment_experiments.has_position('floor(cap_position)') }}
                    then amount * (1.0 - (cap_position - floor(cap_position)))
                else 0.0
            end
            + case
                when {{ segment_experiments.has_position('floor(cap_position) + 1') }}
                    then amount * (cap_position - floor(cap_position))
                else 0.0
            end
        ) as cap,
        max(amount) as largest_amount
    from {{ target }}_placed
    group by {{ group_by | join(', ') }}

)
{%- endmacro %}


{#-
    Whether users of an amount stand at a position; see cap_ctes().

    Arguments: position (SQL, number).
    Returns: SQL, boolean, of amount_users and last_position.
-#}
{% macro has_position(position) -%}
    {{ position }} > last_position - amount_users and {{ position }} <= last_position
{%- endmacro %}


{#-
    How many users there are in each capped metric; see cap_ctes().

    Arguments:
        users (string): relation with the columns of keys, is_mature_only, maturity_seconds and users.
        metrics (string): relation as of int_metrics.
        target (string): relation made, as `metric_users` of cap_ctes(), one row per group and capped metric,
            with users, cap_percentile and cap_zeros.
        keys (list of strings): columns that identify the users, without the metric.
    Returns: SQL of a common table expression.
-#}
{% macro capped_users_cte(users, metrics, target, keys) -%}
{{ target }} as (

    select
        {%- for key in keys %}
        {{ users }}.{{ key }},
        {%- endfor %}
        {{ metrics }}.metric,
        {{ metrics }}.cap_zeros,
        max({{ metrics }}.cap_percentile) as cap_percentile,
        sum({{ users }}.users) as users
    from {{ users }}
    inner join {{ metrics }}
        on {{ segment_experiments.same(users, metrics, ['is_mature_only', 'maturity_seconds']) }}
    where {{ metrics }}.cap_percentile is not null
    group by
        {%- for key in keys %}
        {{ users }}.{{ key }},
        {%- endfor %}
        {{ metrics }}.metric,
        {{ metrics }}.cap_zeros

)
{%- endmacro %}
