{#-
    Comparison of every arm with the control arm of its group: difference with Welch's interval and
    p-value, relative lift with Fieller's interval.

    Arguments:
        source, target (strings): names of the relation read and of the one made.
        group_by (list of strings): columns that identify a group of arms, such as
            ['experiment_id', 'metric']; one row per group and variant.
        The source has also: variant, is_control (boolean), users (integer), mean, variance
        (floats, null where not defined).
    Returns: SQL of common table expressions, the last named as target: all columns of the source
    and control_users, control_mean, absolute_lift, standard_error, degrees_of_freedom,
    t_statistic, p_value, critical_value, absolute_lift_lower, absolute_lift_upper, relative_lift,
    relative_lift_lower, relative_lift_upper, relative_lift_status, status. On control rows the
    comparison columns are null. Never NaN or infinite.
    Status: `ok`, or why there is no comparison: `no_users` (none in this arm), `no_control` (the
    control arm is missing), `no_control_users`, `too_few_users` (below 2 in an arm, the variance is
    not defined), `no_denominator` (a ratio over nothing), `zero_variance` (all users of both arms
    have the same value).
-#}
{% macro compare_to_control_ctes(source, target, group_by) -%}
    {%- set alpha = 1 - segment_experiments.setting('confidence_level') -%}
{{ target }}_controls as (

    select
        {%- for column in group_by %}
        {{ column }},
        {%- endfor %}
        users as control_users,
        mean as control_mean,
        variance as control_variance
    from {{ source }}
    where is_control

),

{{ target }}_paired as (

    select
        {{ source }}.*,
        {{ target }}_controls.control_users,
        {{ target }}_controls.control_mean,
        {{ target }}_controls.control_variance,
        case
            when {{ source }}.users = 0 then 'no_users'
            when not {{ source }}.is_control and {{ target }}_controls.control_users is null
                then 'no_control'
            when not {{ source }}.is_control and {{ target }}_controls.control_users = 0
                then 'no_control_users'
            when {{ source }}.mean is null or {{ target }}_controls.control_mean is null
                then 'no_denominator'
            when {{ source }}.is_control then 'ok'
            when {{ source }}.users < 2 or {{ target }}_controls.control_users < 2
                then 'too_few_users'
            when {{ source }}.variance + {{ target }}_controls.control_variance <= 0
                then 'zero_variance'
            else 'ok'
        end as status
    from {{ source }}
    left join {{ target }}_controls
        on
            {%- for column in group_by %}
            {{ 'and ' if not loop.first }}{{ source }}.{{ column }} = {{ target }}_controls.{{ column }}
            {%- endfor %}

),

-- What can be compared goes on with numbers, the rest with nulls.
{{ target }}_errors as (

    select
        {{ target }}_paired.*,
        case when not is_control then mean - control_mean end as absolute_lift,
        case when status = 'ok' and not is_control then variance / users end as squared_error,
        case when status = 'ok' and not is_control then control_variance / control_users end
            as control_squared_error,
        case
            when status = 'ok' and not is_control
                then {{ segment_experiments.welch_squared_error(
                    'variance', 'users', 'control_variance', 'control_users'
                ) }}
        end as lift_squared_error
    from {{ target }}_paired

),

{{ target }}_welch as (

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

{{ segment_experiments.quadrature_cte() }},

{{ segment_experiments.student_t_two_sided_p_ctes(
    target ~ '_welch', target ~ '_tested', group_by + ['variant'], 't_statistic',
    'degrees_of_freedom', 'p_value'
) }},

{{ segment_experiments.student_t_critical_value_ctes(
    target ~ '_tested', target ~ '_critical', group_by + ['variant'], 'degrees_of_freedom', alpha,
    'critical_value'
) }},

{{ target }} as (

    select
        {%- for column in group_by %}
        {{ column }},
        {%- endfor %}
        variant,
        is_control,
        users,
        mean,
        variance,
        case when not is_control then control_users end as control_users,
        case when not is_control then control_mean end as control_mean,
        absolute_lift,
        standard_error,
        degrees_of_freedom,
        t_statistic,
        p_value,
        critical_value,
        absolute_lift - critical_value * standard_error as absolute_lift_lower,
        absolute_lift + critical_value * standard_error as absolute_lift_upper,
        case when not is_control and control_mean <> 0 then absolute_lift / control_mean end
            as relative_lift,
        {%- for bound, sign in [('lower', -1), ('upper', 1)] %}
        {{ segment_experiments.fieller_bound(
            sign, 'critical_value', 'mean', 'squared_error', 'control_mean', 'control_squared_error'
        ) }} as relative_lift_{{ bound }},
        {%- endfor %}
        case
            when is_control then null
            when status <> 'ok' then status
            when control_mean = 0 then 'control_is_zero'
            when
                control_mean * control_mean
                <= critical_value * critical_value * control_squared_error
                then 'control_not_separated_from_zero'
            else 'ok'
        end as relative_lift_status,
        status
    from {{ target }}_critical

)
{%- endmacro %}
