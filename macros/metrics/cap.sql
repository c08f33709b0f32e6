{#-
    Winsorization: the exact percentile of a column over all users of an experiment and metric, arms
    pooled, users without a row counted as 0; interpolated linearly, as numpy does by default.

    With n users in ascending order the percentile p lies at position h = p (n - 1), counted from 0.
    Negative values stand first, then the zeros, then the positive values, so the position of a row
    follows from its rank on its side of zero; a position that no row has holds a zero.

    Source: R. J. Hyndman, Y. Fan, Sample Quantiles in Statistical Packages, The American
    Statistician 50 (1996), definition 7.

    Arguments:
        source (string): relation with experiment_id, metric and the column.
        metric_users (string): relation with experiment_id, metric, users (n) and cap_position (h),
            one row per experiment and metric that is capped.
        column (string): the column to cap.
        target (string): relation made, with experiment_id, metric and cap.
    Returns: SQL of common table expressions, the last named as target.
-#}
{% macro cap_ctes(source, metric_users, column, target) -%}
{{ target }}_ranked as (

    select
        {{ source }}.experiment_id,
        {{ source }}.metric,
        {{ source }}.{{ column }} as amount,
        row_number() over (
            partition by {{ source }}.experiment_id, {{ source }}.metric
            order by {{ source }}.{{ column }}
        ) as ascending_rank,
        row_number() over (
            partition by {{ source }}.experiment_id, {{ source }}.metric
            order by {{ source }}.{{ column }} desc
        ) as descending_rank,
        {{ metric_users }}.users,
        {{ metric_users }}.cap_position
    from {{ source }}
    inner join {{ metric_users }}
        on
            {{ source }}.experiment_id = {{ metric_users }}.experiment_id
            and {{ source }}.metric = {{ metric_users }}.metric
    where {{ source }}.{{ column }} <> 0

),

{{ target }}_placed as (

    select
        experiment_id,
        metric,
        amount,
        cap_position,
        case when amount < 0 then ascending_rank - 1 else users - descending_rank end as position
    from {{ target }}_ranked

),

{{ target }} as (

    select
        experiment_id,
        metric,
        sum(
            case
                when position = floor(cap_position) then amount * (1.0 - (cap_position - floor(cap_position)))
                when position = floor(cap_position) + 1 then amount * (cap_position - floor(cap_position))
                else 0.0
            end
        ) as cap
    from {{ target }}_placed
    group by experiment_id, metric

)
{%- endmacro %}
