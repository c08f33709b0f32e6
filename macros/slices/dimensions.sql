{#-
    How many analysed users have each value of each dimension of the setting `assignment_dimensions`; users
    without one have the value `(none)`. Beyond the most frequent ones values are shown as `(other)`.

    Arguments:
        assignments (string): relation as of computed_rows('experiment_assignments'), of analysed users.
        waiting_times (string): relation as of waiting_time_rows().
        target (string): relation made, as int_slice_users.
    Returns: SQL of common table expressions, the last named as target.
-#}
{% macro dimension_counts_ctes(assignments, waiting_times, target) -%}
{%- set arm = ['experiment_id', 'variant', 'is_mature_only', 'maturity_seconds', 'dimension', 'raw_value'] -%}
user_values as (

    {%- for dimension in segment_experiments.sliced_dimensions() or [none] %}

    select
        experiment_id,
        variant,
        analysed_from,
        as_of,
        '{{ dimension or '' }}' as dimension,
        {{ segment_experiments.dimension_value(dimension) }} as raw_value
    from {{ assignments }}
    {%- if not dimension %}
    where 1 = 0
    {%- endif %}
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

),

value_counts as (

    select
        user_values.experiment_id,
        user_values.variant,
        {{ waiting_times }}.is_mature_only,
        {{ waiting_times }}.maturity_seconds,
        user_values.dimension,
        user_values.raw_value,
        count(*) as users
    from user_values
    cross join {{ waiting_times }}
    where
        not {{ waiting_times }}.is_mature_only
        or {{ segment_experiments.is_mature(
            'user_values.analysed_from', waiting_times ~ '.maturity_seconds', 'user_values.as_of'
        ) }}
    group by
        user_values.experiment_id,
        user_values.variant,
        {{ waiting_times }}.is_mature_only,
        {{ waiting_times }}.maturity_seconds,
        user_values.dimension,
        user_values.raw_value

),

frequencies as (

    select
        experiment_id,
        dimension,
        raw_value,
        sum(users) as users
    from value_counts
    where
        not is_mature_only
        and raw_value <> '(none)'
    group by experiment_id, dimension, raw_value

),

ranked_values as (

    select
        frequencies.*,
        row_number() over (
            partition by experiment_id, dimension
            order by users desc, raw_value asc
        ) as frequency_rank
    from frequencies

),

{{ target }} as (

    select
        {%- for column in arm %}
        value_counts.{{ column }},
        {%- endfor %}
        'dimension' as slice,
        case
            when ranked_values.frequency_rank > {{ segment_experiments.most_dimension_values() }} then '(other)'
            else value_counts.raw_value
        end as slice_value,
        value_counts.users
    from value_counts
    left join ranked_values
        on {{ segment_experiments.same(
            'value_counts', 'ranked_values', ['experiment_id', 'dimension', 'raw_value']
        ) }}

)
{%- endmacro %}


{#-
    Sums over all users of an arm, and over those with a value of a dimension. Users are added up once, by
    all their values together; only these sums are turned into rows per dimension.

    Arguments:
        user_metrics (string): relation as of int_analysed_user_metrics; it is read twice.
        assignments (string): relation as of experiment_assignments, of analysed users; not read without
            dimensions.
        slice_users (string): relation as of int_slice_users.
        target (string): relation made, as int_metric_sums.
    Returns: SQL of common table expressions, the last named as target.
-#}
{% macro dimension_sums_ctes(user_metrics, assignments, slice_users, target) -%}
{%- set dimensions = segment_experiments.sliced_dimensions() -%}
{%- set arm = ['experiment_id', 'metric', 'variant'] -%}
{%- set slice_keys = segment_experiments.slice_keys() -%}
{{ segment_experiments.centers_cte(user_metrics, 'whole_centers', arm) }},

{% if dimensions -%}
with_values as (

    select
        {{ user_metrics }}.*,
        {%- for dimension in dimensions %}
        {{ assignments }}.{{ dimension }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ user_metrics }}
    inner join {{ assignments }}
        on {{ segment_experiments.same(user_metrics, assignments, ['experiment_id', 'user_key']) }}

),

{% endif -%}
{{ segment_experiments.moments_ctes(
    'with_values' if dimensions else user_metrics, 'whole_centers', 'whole_moments', arm + dimensions, arm
) }},

moments_by_value as (

    {%- for dimension in [none] + dimensions %}

    select
        {%- for column in arm + segment_experiments.moment_columns() %}
        whole_moments.{{ column }},
        {%- endfor %}
        '{{ 'dimension' if dimension else 'overall' }}' as slice,
        '{{ dimension or '' }}' as dimension,
        {{ segment_experiments.dimension_value(dimension) if dimension else "''" }} as raw_value
    from whole_moments
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

),

shown_values as (

    select distinct
        experiment_id,
        slice,
        dimension,
        raw_value,
        slice_value
    from {{ slice_users }}
    where slice in ('overall', 'dimension')

),

shown_moments as (

    select
        moments_by_value.experiment_id,
        moments_by_value.metric,
        {%- for key in slice_keys %}
        shown_values.{{ key }},
        {%- endfor %}
        moments_by_value.variant,
        {{- segment_experiments.added_moments('moments_by_value') }}
    from moments_by_value
    inner join shown_values
        on {{ segment_experiments.same(
            'moments_by_value', 'shown_values', ['experiment_id', 'slice', 'dimension', 'raw_value']
        ) }}
    group by
        moments_by_value.experiment_id,
        moments_by_value.metric,
        {%- for key in slice_keys %}
        shown_values.{{ key }},
        {%- endfor %}
        moments_by_value.variant

),

{{ segment_experiments.sums_of_moments_ctes('shown_moments', target, arm + slice_keys) }}
{%- endmacro %}


{#- The dimensions by which results are told, of the setting `assignment_dimensions`: list of strings. -#}
{% macro sliced_dimensions() %}
    {{ return(
        segment_experiments.assignment_dimensions().keys() | list
        if segment_experiments.is_in_modules('dimensions') else []
    ) }}
{% endmacro %}


{#-
    A user's value of a dimension.

    Arguments: dimension (string or none), a column; none: no column.
    Returns: SQL, string, never null.
-#}
{% macro dimension_value(dimension) -%}
    coalesce({{ dimension or 'cast(null as ' ~ segment_experiments.type_text() ~ ')' }}, '(none)')
{%- endmacro %}


{#- How many values of a dimension are shown; the rarer ones are `(other)`. -#}
{% macro most_dimension_values() -%}
    50
{%- endmacro %}
