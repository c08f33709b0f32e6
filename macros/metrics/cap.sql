{#-
    Winsorization: the exact percentile of a column over all users of an experiment and metric, arms
    pooled, users without a row counted as 0; interpolated linearly, as numpy does by default.

    With n users in ascending order the percentile p lies at position h = p (n - 1), counted from 0.
    Negative values stand first, then the zeros, then the positive values, so the position of a row
    follows from its rank on its side of zero; a position that no row has holds a zero.

    Source: R. J. Hyndman, Y. Fan, Sample Quantiles in Statistical Packages, The American
    Statistician 50 (1996), definition 7.

    Arguments:
        source (string): relation with the columns of group_by and the column.
        metric_users (string): relation with the columns of group_by, users (n) and cap_position (h),
            one row per group that is capped.
        column (string): the column to cap.
        target (string): relation made, with the columns of group_by and cap.
        group_by (list of strings): columns that identify the users among whom the percentile is taken.
    Returns: SQL of common table expressions, the last named as target.
-#}
{% macro cap_ctes(source, metric_users, column, target, group_by=['experiment_id', 'metric']) -%}
{%- set source_keys = [] -%}
{%- for key in group_by -%}
    {%- do source_keys.append(source ~ '.' ~ key) -%}
{%- endfor -%}
{{ target }}_ranked as (

    select
        {{ source_keys | join(', ') }},
        {{ source }}.{{ column }} as amount,
        row_number() over (
            partition by {{ source_keys | join(', ') }}
            order by {{ source }}.{{ column }}
        ) as ascending_rank,
        row_number() over (
            partition by {{ source_keys | join(', ') }}
            order by {{ source }}.{{ column }} desc
        ) as descending_rank,
        {{ metric_users }}.users,
        {{ metric_users }}.cap_position
    from {{ source }}
    inner join {{ metric_users }}
        on {{ segment_experiments.same(source, metric_users, group_by) }}
    where {{ source }}.{{ column }} <> 0

),

{{ target }}_placed as (

    select
        {{ group_by | join(', ') }},
        amount,
        cap_position,
        case when amount < 0 then ascending_rank - 1 else users - descending_rank end as position
    from {{ target }}_ranked

),

{{ target }} as (

    select
        {{ group_by | join(', ') }},
        sum(
            case
                when position = floor(cap_position) then amount * (1.0 - (cap_position - floor(cap_position)))
                when position = floor(cap_position) + 1 then amount * (cap_position - floor(cap_position))
                else 0.0
            end
        ) as cap
    from {{ target }}_placed
    group by {{ group_by | join(', ') }}

)
{%- endmacro %}
