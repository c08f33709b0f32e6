{#-
    The one path from sufficient statistics to everything that is said about a variant by itself:
    for every arm and estimator the comparison with the control arm of its group, by Welch and
    Fieller, sequential, Bayesian, and the power. What needs more than one comparison (correction for
    their number) or more than the metric (the verdict) is not in it.

    Arguments:
        source (string): relation with sufficient statistics as of sufficient_statistics_ctes(), one
            row per group and variant, and is_control (boolean), minimum_effect (float, relative).
            It is read twice.
        target (string): relation made.
        group_by (list of strings): columns that identify a group of arms, not null, such as
            ['experiment_id', 'metric'] or ['experiment_id', 'metric', 'dimension', 'value'].
        keep (list of strings): more columns of the source that are wanted in the target.
    Returns: SQL of common table expressions, the last named as target, one row per group, variant and
    estimator (`unadjusted`, `cuped`) with the columns of group_by, variant, is_control, those of
    keep, and estimate_columns(). Never NaN or infinite.
-#}
{% macro estimates_ctes(source, target, group_by, keep=[]) -%}
{{ segment_experiments.pair_with_control_ctes(
    source, target ~ '_pairs', group_by, segment_experiments.statistics_columns()
) }},

{{ segment_experiments.estimators_ctes(target ~ '_pairs', target ~ '_estimators') }},

{{ segment_experiments.compare_means_ctes(
    target ~ '_estimators', target ~ '_compared', group_by + ['variant', 'estimator']
) }},

{{ target }}_relative as {{ segment_experiments.materialized() }}(

    select
        {{ target }}_compared.*,
        cast(nullif(users + control_users, 0) as {{ segment_experiments.type_double() }}) as both_users,
        {{ segment_experiments.relative_squared_error(
            'mean', 'squared_error', segment_experiments.divisor('control_mean'), 'control_squared_error'
        ) }} as relative_squared_error
    from {{ target }}_compared

),

{{ target }}_posterior as {{ segment_experiments.materialized() }}(

    select
        {{ target }}_relative.*,
        {{ segment_experiments.posterior_weight('relative_squared_error') }} as posterior_weight
    from {{ target }}_relative

),

{{ target }}_effect as {{ segment_experiments.materialized() }}(

    select
        {{ target }}_posterior.*,
        {{ segment_experiments.posterior_mean('relative_lift', 'posterior_weight') }} as posterior_mean,
        sqrt(relative_squared_error * posterior_weight) as posterior_deviation
    from {{ target }}_posterior

),

{{ target }}_standardised as {{ segment_experiments.materialized() }}(

    select
        {{ target }}_effect.*,
        posterior_mean / nullif(posterior_deviation, 0) as posterior_z,
        {{ segment_experiments.sequential_critical_value('both_users') }} as sequential_critical_value,
        case
            when standard_error > 0
                then {{ segment_experiments.users_to_detect(
                    'minimum_effect', 'variance', 'control_variance',
                    segment_experiments.divisor('control_mean')
                ) }}
        end as users_to_detect
    from {{ target }}_effect

),

{{ target }} as {{ segment_experiments.materialized() }}(

    select
        {%- for column in group_by %}
        {{ column }},
        {%- endfor %}
        variant,
        is_control,
        {%- for column in keep %}
        {{ column }},
        {%- endfor %}
        estimator,
        users,
        total,
        mean,
        variance,
        control_users,
        control_mean,
        control_variance,
        absolute_lift,
        standard_error,
        degrees_of_freedom,
        t_statistic,
        p_value,
        absolute_lift_lower,
        absolute_lift_upper,
        relative_lift,
        relative_lift_lower,
        relative_lift_upper,
        relative_lift_status,
        p_value < {{ 1 - segment_experiments.setting('confidence_level') }} as is_significant,
        {{ segment_experiments.sequential_p_value('t_statistic', 'both_users') }}
            as sequential_p_value,
        {%- for bound, sign in [('lower', '-'), ('upper', '+')] %}
        absolute_lift {{ sign }} standard_error * sequential_critical_value as sequential_{{ bound }},
        {%- endfor %}
        {%- for bound, sign in [('lower', -1), ('upper', 1)] %}
        {{ segment_experiments.fieller_bound(
            sign, 'sequential_critical_value', 'mean', 'squared_error', 'control_mean',
            'control_squared_error'
        ) }} as sequential_relative_{{ bound }},
        {%- endfor %}
        {{ segment_experiments.normal_survival('(-posterior_z)') }} as chance_to_beat_control,
        posterior_deviation * {{ segment_experiments.normal_loss('posterior_z') }} as expected_loss,
        case
            when estimator = 'cuped' then 1.0 - lift_squared_error / nullif(unadjusted_squared_error, 0)
        end as variance_reduction,
        {{ segment_experiments.detectable_effect(
            'standard_error', segment_experiments.divisor('control_mean')
        ) }} as minimum_detectable_effect,
        -- Beyond 1e15 it is no number of users.
        case
            when users_to_detect < 1e15 then cast(ceil(users_to_detect) as {{ dbt.type_bigint() }})
        end as required_users,
        status
    from {{ target }}_standardised

)
{%- endmacro %}


{#- The columns of estimates_ctes() after the keys, in the order of the marts: list of strings. -#}
{% macro estimate_columns() %}
    {{ return([
        'estimator', 'users', 'total', 'mean', 'variance', 'control_users', 'control_mean',
        'control_variance', 'absolute_lift', 'standard_error', 'degrees_of_freedom', 't_statistic', 'p_value',
        'absolute_lift_lower', 'absolute_lift_upper', 'relative_lift', 'relative_lift_lower',
        'relative_lift_upper', 'relative_lift_status', 'is_significant', 'sequential_p_value',
        'sequential_lower', 'sequential_upper', 'sequential_relative_lower', 'sequential_relative_upper',
        'chance_to_beat_control', 'expected_loss',
        'variance_reduction', 'minimum_detectable_effect', 'required_users', 'status'
    ]) }}
{% endmacro %}


{#- The columns of sufficient statistics: list of strings. -#}
{% macro statistics_columns() %}
    {% set columns = ['users'] %}
    {% for quantity in segment_experiments.metric_quantities() %}
        {% do columns.append(quantity ~ '_mean') %}
    {% endfor %}
    {% for one, other in segment_experiments.quantity_pairs() %}
        {% do columns.append('comoment_' ~ one ~ '_' ~ other) %}
    {% endfor %}
    {{ return(columns) }}
{% endmacro %}


{#-
    Means and variances of both arms, by the estimators

    - `unadjusted`: the mean, or the ratio of the totals;
    - `cuped`: m - theta (mX - mX pooled), variance vY - 2 theta cov(X, Y) + theta^2 vX, with X the
      same metric before the assignment and theta = cov(X, Y) / vX of the users of both arms taken
      together. A ratio is linearised first (ratio_comoment()), by the means of the arm for its
      variance and by those of both arms for theta. theta is 0 when X does not vary, when an arm has
      less than two users, and when a ratio had no denominator before the assignment in one of them.

    Source: A. Deng, Y. Xu, R. Kohavi, T. Walker, Improving the Sensitivity of Online Controlled
    Experiments by Utilizing Pre-Experiment Data, WSDM 2013; for ratios A. Deng, U. Knoblich, J. Lu,
    Applying the Delta Method in Metric Analytics, KDD 2018.

    Arguments: source, target (strings), names of the relation read (once; sufficient statistics of
    an arm, and of its control as control_<column>) and of the one made.
    Returns: SQL of common table expressions, the last named as target, with two rows for each row of
    the source: all its columns, estimator, mean, variance, control_mean, control_variance,
    unadjusted_squared_error, and helpers.
-#}
{% macro estimators_ctes(source, target) -%}
    {%- set value = ['value', 'denominator'] -%}
    {%- set covariate = ['covariate', 'covariate_denominator'] -%}
    {%- set pooled_pairs = [] -%}
    {%- for one, other in segment_experiments.quantity_pairs() if other in covariate -%}
        {%- do pooled_pairs.append([one, other]) -%}
    {%- endfor -%}
-- Chan, Golub and LeVeque's rule for joining two groups.
{{ target }}_pooled as {{ segment_experiments.materialized() }}(

    select
        {{ source }}.*,
        {%- for quantity in value + covariate %}
        control_{{ quantity }}_mean + ({{ quantity }}_mean - control_{{ quantity }}_mean) * users
            / nullif(users + control_users, 0) as pooled_{{ quantity }}_mean,
        {%- endfor %}
        {%- for one, other in pooled_pairs %}
        comoment_{{ one }}_{{ other }} + control_comoment_{{ one }}_{{ other }}
        + ({{ one }}_mean - control_{{ one }}_mean) * ({{ other }}_mean - control_{{ other }}_mean)
        * users * (control_users / nullif(cast(users + control_users as {{ segment_experiments.type_double() }}), 0))
            as pooled_comoment_{{ one }}_{{ other }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ source }}

),

{{ target }}_ratios as {{ segment_experiments.materialized() }}(

    select
        {{ target }}_pooled.*,
        {%- for prefix in ['', 'control_', 'pooled_'] %}
        {%- set outer_last = loop.last %}
        {%- for numerator, denominator in [value, covariate] %}
        {{ prefix }}{{ numerator }}_mean
            / {{ segment_experiments.divisor(prefix ~ denominator ~ '_mean') }}
            as {{ prefix }}{{ numerator }}_ratio{{ ',' if not (loop.last and outer_last) }}
        {%- endfor %}
        {%- endfor %}
    from {{ target }}_pooled

),

{{ target }}_variances as {{ segment_experiments.materialized() }}(

    select
        {{ target }}_ratios.*,
        {%- for prefix in ['', 'control_'] %}
        {{ segment_experiments.ratio_comoment(prefix, value, value) }}
            / nullif(greatest({{ prefix }}users - 1, 0), 0) as {{ prefix }}value_variance,
        {{ segment_experiments.ratio_comoment(prefix, value, covariate) }}
            / nullif(greatest({{ prefix }}users - 1, 0), 0) as {{ prefix }}covariance,
        {{ segment_experiments.ratio_comoment(prefix, covariate, covariate) }}
            / nullif(greatest({{ prefix }}users - 1, 0), 0) as {{ prefix }}covariate_variance,
        {%- endfor %}
        {{ segment_experiments.ratio_comoment('pooled_', value, covariate) }} as pooled_covariance,
        {{ segment_experiments.ratio_comoment('pooled_', covariate, covariate) }}
            as pooled_covariate_variance
    from {{ target }}_ratios

),

{{ target }}_coefficients as {{ segment_experiments.materialized() }}(

    select
        {{ target }}_variances.*,
        value_variance / nullif(users, 0) + control_value_variance / nullif(control_users, 0)
            as unadjusted_squared_error,
        case
            when
                pooled_covariate_variance > 0
                and users > 1
                and control_users > 1
                and covariate_ratio is not null
                and control_covariate_ratio is not null
                then pooled_covariance / pooled_covariate_variance
            else 0.0
        end as cuped_theta
    from {{ target }}_variances

),

{{ target }}_names as {{ segment_experiments.materialized() }}(

    select 'unadjusted' as estimator

    union all

    select 'cuped' as estimator

),

{{ target }}_thetas as {{ segment_experiments.materialized() }}(

    select
        {{ target }}_coefficients.*,
        {{ target }}_names.estimator,
        case {{ target }}_names.estimator when 'cuped' then cuped_theta when 'unadjusted' then 0.0 end
            as theta
    from {{ target }}_coefficients
    cross join {{ target }}_names

),

{{ target }} as {{ segment_experiments.materialized() }}(

    select
        {{ target }}_thetas.*,
        {%- for prefix in ['', 'control_'] %}
        {%- set adjusted -%}
            {{ prefix }}value_variance - 2.0 * theta * {{ prefix }}covariance
            + theta * (theta * {{ prefix }}covariate_variance)
        {%- endset %}
        case
            when theta = 0 then {{ prefix }}value_ratio
            else {{ prefix }}value_ratio
                - theta * ({{ prefix }}covariate_ratio - pooled_covariate_ratio)
        end as {{ prefix }}mean,
        case
            when theta = 0 or {{ prefix }}value_variance is null then {{ prefix }}value_variance
            else {{ segment_experiments.without_rounding(
                adjusted,
                prefix ~ 'value_variance + theta * (theta * ' ~ prefix ~ 'covariate_variance)'
            ) }}
        end as {{ prefix }}variance{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ target }}_thetas

)
{%- endmacro %}
