{#-
    Whether a guardrail holds: a one-sided test of non-inferiority with a relative margin d. A metric that
    should not fall is tested against mT <= mC - d |mC|, one that should not rise against mT >= mC + d |mC|. With
    s = 1 for the first and -1 for the second, and k = 1 - s d sign(mC):

        t = s (mT - k mC) / sqrt(vT/nT + k^2 vC/nC)

    with Welch's degrees of freedom, the control's variance scaled by k^2. The bound is Fieller's, one-sided at the
    confidence level with the same degrees of freedom; where it exists it lies within the margin exactly when the
    test rejects.

    Source: M. Schultzberg, S. Ankargren, M. Franberg, Risk-aware product decisions in A/B tests with multiple
    metrics, arXiv 2402.11609 (2024), for guardrails as tests of non-inferiority; B. L. Welch, Biometrika 34 (1947);
    E. C. Fieller, J. R. Stat. Soc. B 16 (1954).

    Arguments:
        source, target (strings): names of the relation read (twice) and of the one made.
        keys (list of strings): columns that identify a row of the source, not null.
        The source has also: guardrail_margin (float from 0 to below 1, null where the metric is no guardrail),
        direction (string), users, control_users (integers), mean, variance, control_mean, control_variance
        (floats), degrees_of_freedom (float, null where nothing can be compared).
    Returns: SQL of common table expressions, the last named as target: all columns of the source, and
    guardrail_p_value and guardrail_bound, null where the metric is no guardrail or nothing can be compared.
-#}
{% macro guardrail_ctes(source, target, keys) -%}
    {%- set alpha = 1 - segment_experiments.setting('confidence_level') -%}
{{ target }}_factors as {{ segment_experiments.materialized() }}(

    select
        {%- for key in keys %}
        {{ key }},
        {%- endfor %}
        direction,
        users,
        mean,
        variance,
        control_users,
        control_mean,
        control_variance,
        case direction when 'increase' then 1.0 when 'decrease' then -1.0 end as guardrail_sign,
        1.0 - case direction when 'increase' then 1.0 when 'decrease' then -1.0 end
        * guardrail_margin * sign(control_mean) as guardrail_factor
    from {{ source }}
    where
        guardrail_margin is not null
        and degrees_of_freedom is not null

),

{{ target }}_scaled as {{ segment_experiments.materialized() }}(

    select
        {{ target }}_factors.*,
        guardrail_factor * guardrail_factor * control_variance as guardrail_control_variance,
        {{ segment_experiments.welch_squared_error(
            'variance', 'users', 'guardrail_factor * guardrail_factor * control_variance', 'control_users'
        ) }} as guardrail_squared_error
    from {{ target }}_factors

),

{{ target }}_statistics as {{ segment_experiments.materialized() }}(

    select
        {{ target }}_scaled.*,
        guardrail_sign * (mean - guardrail_factor * control_mean) / sqrt(guardrail_squared_error)
            as guardrail_t,
        {{ segment_experiments.welch_degrees_of_freedom(
            'guardrail_squared_error', 'variance', 'users', 'guardrail_control_variance', 'control_users'
        ) }} as guardrail_df
    from {{ target }}_scaled
    where guardrail_squared_error > 0

),

{{ segment_experiments.quadrature_cte() }},

{{ segment_experiments.student_t_two_sided_p_ctes(
    target ~ '_statistics', target ~ '_tested', keys, 'guardrail_t', 'guardrail_df', 'guardrail_two_sided_p'
) }},

{{ segment_experiments.student_t_critical_value_ctes(
    target ~ '_tested', target ~ '_critical', keys, 'guardrail_df', 2 * alpha, 'guardrail_critical_value'
) }},

{{ target }} as {{ segment_experiments.materialized() }}(

    select
        {{ source }}.*,
        case
            when {{ target }}_critical.guardrail_t > 0 then {{ target }}_critical.guardrail_two_sided_p / 2
            else 1.0 - {{ target }}_critical.guardrail_two_sided_p / 2
        end as guardrail_p_value,
        case
            {%- for direction, sign in [('increase', -1), ('decrease', 1)] %}
            when {{ target }}_critical.direction = '{{ direction }}'
                then {{ segment_experiments.fieller_bound(
                    sign,
                    target ~ '_critical.guardrail_critical_value',
                    source ~ '.mean',
                    '(' ~ source ~ '.variance / ' ~ source ~ '.users)',
                    source ~ '.control_mean',
                    '(' ~ source ~ '.control_variance / ' ~ source ~ '.control_users)'
                ) }}
            {%- endfor %}
        end as guardrail_bound
    from {{ source }}
    left join {{ target }}_critical
        on {{ segment_experiments.same(source, target ~ '_critical', keys) }}

)
{%- endmacro %}


{#-
    The state of a guardrail, the first that fits: `breached`, a significant change for the worse; `held`, the
    bound is within the margin; `at risk`, neither. As for the verdict the sequential interval decides until the
    end, and the ordinary one afterwards.

    Arguments (SQL of a row): guardrail_margin (float, null where the metric is no guardrail); guardrail_p_value
    (float, null where nothing can be compared); has_ended (boolean), whether the ordinary p-value decides;
    p_value, sequential_p_value, sequential_relative_lower, sequential_relative_upper (floats); lift (float), the
    absolute one; direction (string).
    Returns: SQL, string; null where the metric is no guardrail or nothing can be compared.
-#}
{% macro guardrail_state(
    guardrail_margin, guardrail_p_value, has_ended, p_value, sequential_p_value, sequential_relative_lower,
    sequential_relative_upper, lift, direction
) -%}
    {%- set alpha = 1 - segment_experiments.setting('confidence_level') -%}
    case
        when {{ guardrail_margin }} is null or {{ guardrail_p_value }} is null then null
        when
            case when {{ has_ended }} then {{ p_value }} else {{ sequential_p_value }} end < {{ alpha }}
            and ({{ lift }} > 0) <> ({{ direction }} = 'increase')
            then 'breached'
        when case
            when {{ has_ended }} then {{ guardrail_p_value }} < {{ alpha }}
            when {{ direction }} = 'increase' then {{ sequential_relative_lower }} > -{{ guardrail_margin }}
            else {{ sequential_relative_upper }} < {{ guardrail_margin }}
        end
            then 'held'
        else 'at risk'
    end
{%- endmacro %}
