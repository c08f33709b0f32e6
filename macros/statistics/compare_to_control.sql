{#-
    Every arm beside the control arm of its group.

    Arguments:
        source, target (strings): names of the relation read (twice) and of the one made.
        group_by (list of strings): columns that identify a group of arms, such as
            ['experiment_id', 'metric']; one row per group and variant.
        columns (list of strings): columns of the control that are wanted.
        The source has also: variant, is_control (boolean).
    Returns: SQL of common table expressions, the last named as target: all columns of the source,
    and those of the control as control_<column>, null on the rows of the controls themselves.
-#}
{% macro pair_with_control_ctes(source, target, group_by, columns) -%}
{{ target }}_controls as {{ segment_experiments.materialized() }}(

    select
        {%- for column in group_by %}
        {{ column }},
        {%- endfor %}
        {%- for column in columns %}
        {{ column }} as control_{{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ source }}
    where is_control

),

{{ target }} as {{ segment_experiments.materialized() }}(

    select
        {{ source }}.*,
        {%- for column in columns %}
        {{ target }}_controls.control_{{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ source }}
    left join {{ target }}_controls
        on
            {{ segment_experiments.same(source, target ~ '_controls', group_by) }}
            and not {{ source }}.is_control

)
{%- endmacro %}


{#-
    Comparison of two means: difference with Welch's interval and p-value, relative lift with
    Fieller's interval.

    Arguments:
        source, target (strings): names of the relation read (once) and of the one made.
        keys (list of strings): columns that identify a row of the source, not null.
        The source has also: is_control (boolean), users, control_users (integers), mean, variance,
        control_mean, control_variance (floats, null where not defined; those of the control null on
        control rows).
    Returns: SQL of common table expressions, the last named as target: all columns of the source
    and absolute_lift, standard_error, degrees_of_freedom, t_statistic, p_value, critical_value,
    absolute_lift_lower, absolute_lift_upper, relative_lift, relative_lift_lower,
    relative_lift_upper, relative_lift_status, status, and helpers. On control rows the comparison
    columns are null. Never NaN or infinite.
    Status: `ok`, or why there is no comparison: `no_users` (none in this arm), `no_control` (the
    control arm is missing), `no_control_users`, `no_denominator` (a ratio over nothing),
    `too_few_users` (below 2 in an arm, the variance is not defined), `zero_variance` (all users of
    both arms have the same value).
-#}
{% macro compare_means_ctes(source, target, keys) -%}
    {%- set alpha = 1 - segment_experiments.setting('confidence_level') -%}
{{ target }}_judged as {{ segment_experiments.materialized() }}(

    select
        {{ source }}.*,
        case
            when users = 0 then 'no_users'
            when not is_control and control_users is null then 'no_control'
            when not is_control and control_users = 0 then 'no_control_users'
            when mean is null or (not is_control and control_mean is null) then 'no_denominator'
            when is_control then 'ok'
            when users < 2 or control_users < 2 then 'too_few_users'
            when variance + control_variance < 1e-60 then 'zero_variance'
            else 'ok'
        end as status
    from {{ source }}

),

-- What can be compared goes on with numbers, the rest with nulls.
{{ target }}_errors as {{ segment_experiments.materialized() }}(

    select
        {{ target }}_judged.*,
        mean - control_mean as absolute_lift,
        case when status = 'ok' and not is_control then variance / users end as squared_error,
        case when status = 'ok' and not is_control then control_variance / control_users end
            as control_squared_error,
        case
            when status = 'ok' and not is_control
                then {{ segment_experiments.welch_squared_error(
                    'variance', 'users', 'control_variance', 'control_users'
                ) }}
        end as lift_squared_error
    from {{ target }}_judged

),

{{ target }}_welch as {{ segment_experiments.materialized() }}(

    select
        {{ target }}_errors.*,
        sqrt(lift_squared_error) as standard_error,
        case
            when lift_squared_error is not null
                then {{ segment_experiments.welch_degrees_of_freedom(
                    'lift_squared_error', 'variance', 'users', 'control_variance', 'control_users'
                ) }}
        end as degrees_of_freedom,
        absolute_lift / sqrt(lift_squared_error) as t_statistic
    from {{ target }}_errors

),

-- The integrals multiply the rows, so they are made of few columns.
{{ target }}_statistics as {{ segment_experiments.materialized() }}(

    select
        {%- for key in keys %}
        {{ key }},
        {%- endfor %}
        t_statistic,
        degrees_of_freedom
    from {{ target }}_welch
    where t_statistic is not null

),

{{ segment_experiments.quadrature_cte() }},

{{ segment_experiments.student_t_two_sided_p_ctes(
    target ~ '_statistics', target ~ '_tested', keys, 't_statistic', 'degrees_of_freedom', 'p_value'
) }},

{{ segment_experiments.student_t_critical_value_ctes(
    target ~ '_tested', target ~ '_critical', keys, 'degrees_of_freedom', alpha, 'critical_value'
) }},

{{ target }} as {{ segment_experiments.materialized() }}(

    select
        {{ target }}_welch.*,
        {{ target }}_critical.p_value,
        {{ target }}_critical.critical_value,
        absolute_lift - {{ target }}_critical.critical_value * standard_error as absolute_lift_lower,
        absolute_lift + {{ target }}_critical.critical_value * standard_error as absolute_lift_upper,
        absolute_lift / abs({{ segment_experiments.divisor('control_mean') }}) as relative_lift,
        {%- for bound, sign in [('lower', -1), ('upper', 1)] %}
        {{ segment_experiments.fieller_bound(
            sign, target ~ '_critical.critical_value', 'mean', 'squared_error', 'control_mean',
            'control_squared_error'
        ) }} as relative_lift_{{ bound }},
        {%- endfor %}
        case
            when is_control then null
            when status <> 'ok' then status
            when {{ segment_experiments.divisor('control_mean') }} is null then 'control_is_zero'
            when
                control_mean * control_mean
                <= {{ target }}_critical.critical_value * {{ target }}_critical.critical_value
                * control_squared_error
                then 'control_not_separated_from_zero'
            else 'ok'
        end as relative_lift_status
    from {{ target }}_welch
    left join {{ target }}_critical
        on {{ segment_experiments.same(target ~ '_welch', target ~ '_critical', keys) }}

)
{%- endmacro %}


{#-
    Comparison of every arm with the control arm of its group, where an arm is known by the mean and
    the variance of its users; see compare_means_ctes().

    Arguments: source, target (strings), group_by (list of strings), as of pair_with_control_ctes(); the
    source has also users, mean and variance.
    Returns: SQL of common table expressions, the last named as target.
-#}
{% macro compare_to_control_ctes(source, target, group_by) -%}
{{ segment_experiments.pair_with_control_ctes(
    source, target ~ '_pairs', group_by, ['users', 'mean', 'variance']
) }},

{{ segment_experiments.compare_means_ctes(target ~ '_pairs', target, group_by + ['variant']) }}
{%- endmacro %}
