{#-
    Sufficient statistics: all that the results need to know of the users of an arm. They are

        users                          number of users, those without a row included
        total                          sum of the values
        <quantity>_mean                mean over all users
        comoment_<one>_<other>         sum over all users of the products of the deviations from the
                                       two means (of one quantity: the sum of squares)

    for the quantities of a user in a metric, in this order:

        value, denominator             of the metric; a metric that is no ratio has the denominator 1
        covariate, covariate_denominator   the same two before the assignment

    Returns: list of strings.
-#}
{% macro metric_quantities() %}
    {{ return(['value', 'denominator', 'covariate', 'covariate_denominator']) }}
{% endmacro %}


{#-
    Each pair of quantities once, a quantity with itself included.

    Arguments: quantities (list of strings or none); none: metric_quantities().
    Returns: list of [one, other].
-#}
{% macro quantity_pairs(quantities=none) %}
    {% set quantities = quantities or segment_experiments.metric_quantities() %}
    {% set pairs = [] %}
    {% for one in quantities %}
        {% for other in quantities[loop.index0:] %}
            {% do pairs.append([one, other]) %}
        {% endfor %}
    {% endfor %}
    {{ return(pairs) }}
{% endmacro %}


{#-
    Whether the quantity is the denominator of a ratio, which other metrics do not have.

    Argument: quantity (string), one of metric_quantities().
-#}
{% macro is_denominator(quantity) %}
    {{ return(quantity in ['denominator', 'covariate_denominator']) }}
{% endmacro %}


{#-
    Sums of the users of an arm that have a row, in two passes over them: sums first, then the
    deviations from their means. The error of a mean (a sum of ten million values has one) is found by
    the sum of the deviations, which should be 0, and taken out. So values near 1e9 with a variance of
    1 keep ten digits of it; of a sum of squares nothing would be left. Neither warehouse promises an
    order of summation, and none is needed.

    Source: T. F. Chan, G. H. Golub, R. J. LeVeque, Algorithms for Computing the Sample Variance, The
    American Statistician 37 (1983): the corrected two-pass algorithm (1.7).

    Arguments:
        source (string): relation with a row per user with any quantity other than 0: the columns
            of group_by, variant, and the quantities (floats; null counts as 0). It is read twice.
        target (string): relation made, with a row per arm: the columns of group_by, variant and
            user_sums_columns().
        group_by (list of strings): columns that identify a group of arms, such as
            ['experiment_id', 'metric'].
    Returns: SQL of common table expressions, the last named as target.
-#}
{% macro user_sums_ctes(source, target, group_by) -%}
    {%- set keys = group_by + ['variant'] -%}
{{ segment_experiments.centers_cte(source, target ~ '_centers', keys) }},

{{ segment_experiments.moments_ctes(source, target ~ '_centers', target ~ '_moments', keys, keys) }},

{{ segment_experiments.sums_of_moments_ctes(target ~ '_moments', target, keys) }}
{%- endmacro %}


{#-
    Where the values of users lie: their means, as centres of moments_ctes().

    Arguments: source (string), relation as of user_sums_ctes(), read once; target (string), relation made, with the
    columns of keys and <quantity>_center of every quantity; keys (list of strings), columns that identify an arm.
    Returns: SQL of a common table expression.
-#}
{% macro centers_cte(source, target, keys) -%}
{{ target }} as {{ segment_experiments.materialized() }}(

    select
        {%- for key in keys %}
        {{ key }},
        {%- endfor %}
        {%- for quantity in segment_experiments.metric_quantities() %}
        coalesce(sum({{ quantity }}), 0.0) / count(*) as {{ quantity }}_center
        {{- ',' if not loop.last }}
        {%- endfor %}
    from {{ source }}
    group by {{ keys | join(', ') }}

)
{%- endmacro %}


{#-
    Moments of rows around given centres, in one pass. Those of groups with the same centres may be
    added up by added_moments(). A centre should lie where the values lie: what they lie apart, compared
    with their deviation, is lost in digits of the variance twice.

    Source: as of user_sums_ctes(): shifted data, (1.6).

    Arguments:
        source (string): relation with the columns of keys and the quantities (floats; null is 0).
        centers (string): relation with the columns of center_keys, once, and <quantity>_center of
            every quantity.
        target (string): relation made, with a row per group: the columns of keys, active_users, total,
            <quantity>_center, <quantity>_drift (sum of the deviations from it) and
            moment_<one>_<other> (sum of the products of two deviations).
        keys (list of strings): columns of the source that identify a group.
        center_keys (list of strings): those of them that identify its centres.
        quantities (list of strings or none): those to add up; none: all.
    Returns: SQL of common table expressions, the last named as target.
-#}
{% macro moments_ctes(source, centers, target, keys, center_keys, quantities=none) -%}
    {%- set quantities = quantities or segment_experiments.metric_quantities() -%}
{{ target }}_deviations as (

    select
        {%- for key in keys %}
        {{ source }}.{{ key }},
        {%- endfor %}
        {%- for quantity in quantities %}
        {{ centers }}.{{ quantity }}_center,
        coalesce({{ source }}.{{ quantity }}, 0.0) - {{ centers }}.{{ quantity }}_center
            as {{ quantity }}_deviation,
        {%- endfor %}
        {{ source }}.value
    from {{ source }}
    inner join {{ centers }}
        on {{ segment_experiments.same(source, centers, center_keys) }}

),

{{ target }} as {{ segment_experiments.materialized() }}(

    select
        {%- for key in keys %}
        {{ key }},
        {%- endfor %}
        cast(count(*) as {{ segment_experiments.type_double() }}) as active_users,
        {%- for quantity in quantities %}
        max({{ quantity }}_center) as {{ quantity }}_center,
        sum({{ quantity }}_deviation) as {{ quantity }}_drift,
        {%- endfor %}
        {%- for one, other in segment_experiments.quantity_pairs(quantities) %}
        sum({{ one }}_deviation * {{ other }}_deviation) as moment_{{ one }}_{{ other }},
        {%- endfor %}
        sum(value) as total
    from {{ target }}_deviations
    group by {{ keys | join(', ') }}

)
{%- endmacro %}


{#-
    The columns of moments_ctes(), beside its keys.

    Arguments: quantities (list of strings or none); none: metric_quantities().
    Returns: list of strings.
-#}
{% macro moment_columns(quantities=none) %}
    {% set columns = ['active_users', 'total'] %}
    {% for quantity in quantities or segment_experiments.metric_quantities() %}
        {% do columns.extend([quantity ~ '_center', quantity ~ '_drift']) %}
    {% endfor %}
    {% for one, other in segment_experiments.quantity_pairs(quantities) %}
        {% do columns.append('moment_' ~ one ~ '_' ~ other) %}
    {% endfor %}
    {{ return(columns) }}
{% endmacro %}


{#-
    Select list that adds up moments around the same centres.

    Arguments: alias (string), of a relation as of moments_ctes() with all quantities.
    Returns: SQL, the moments as aggregates.
-#}
{% macro added_moments(alias) -%}
        {%- for quantity in segment_experiments.metric_quantities() %}
        max({{ alias }}.{{ quantity }}_center) as {{ quantity }}_center,
        sum({{ alias }}.{{ quantity }}_drift) as {{ quantity }}_drift,
        {%- endfor %}
        {%- for one, other in segment_experiments.quantity_pairs() %}
        sum({{ alias }}.moment_{{ one }}_{{ other }}) as moment_{{ one }}_{{ other }},
        {%- endfor %}
        sum({{ alias }}.active_users) as active_users,
        sum({{ alias }}.total) as total
{%- endmacro %}


{#-
    Sums of users from their moments. A mean, or a product, of which only the rounding of what it is a
    difference of is left is 0: nobody has a lift over a mean of 1e-17.

    Arguments:
        moments (string): relation as of moments_ctes().
        target (string): relation made: the columns of keys and user_sums_columns().
        keys (list of strings): columns that identify a row.
        quantities (list of strings or none): those that the moments have; none: all. The others are 0.
    Returns: SQL of a common table expression.
-#}
{% macro sums_of_moments_ctes(moments, target, keys, quantities=none) -%}
    {%- set quantities = quantities or segment_experiments.metric_quantities() -%}
{{ target }} as {{ segment_experiments.materialized() }}(

    select
        {%- for key in keys %}
        {{ key }},
        {%- endfor %}
        {%- for quantity in segment_experiments.metric_quantities() %}
        {%- set mean -%}
            {{ quantity }}_center + {{ quantity }}_drift / active_users
        {%- endset %}
        {% if quantity in quantities -%}
        {{ segment_experiments.unless_rounding(
            mean,
            '1e-12 * (abs(' ~ quantity ~ '_center) + sqrt(moment_' ~ quantity ~ '_' ~ quantity
            ~ ' / active_users))'
        ) }}
        {%- else -%}
        0.0
        {%- endif %} as {{ quantity }}_active_mean,
        {%- endfor %}
        {%- for one, other in segment_experiments.quantity_pairs() %}
        {%- set products -%}
            moment_{{ one }}_{{ other }} - {{ one }}_drift * ({{ other }}_drift / active_users)
        {%- endset %}
        {% if one not in quantities or other not in quantities -%}
        0.0
        {%- elif one == other -%}
        {{ segment_experiments.without_rounding(
            products,
            'moment_' ~ one ~ '_' ~ one ~ ' + 1e-17 * active_users * ' ~ one ~ '_center * ' ~ one ~ '_center'
        ) }}
        {%- else -%}
        {{ segment_experiments.unless_rounding(
            products,
            '1e-12 * sqrt(moment_' ~ one ~ '_' ~ one ~ ' * moment_' ~ other ~ '_' ~ other ~ ')'
        ) }}
        {%- endif %} as products_{{ one }}_{{ other }},
        {%- endfor %}
        active_users,
        total
    from {{ moments }}

)
{%- endmacro %}


{#- The columns of user_sums_ctes() beside the keys of the arm. Returns: list of strings. -#}
{% macro user_sums_columns() %}
    {% set columns = ['active_users', 'total'] %}
    {% for quantity in segment_experiments.metric_quantities() %}
        {% do columns.append(quantity ~ '_active_mean') %}
    {% endfor %}
    {% for one, other in segment_experiments.quantity_pairs() %}
        {% do columns.append('products_' ~ one ~ '_' ~ other) %}
    {% endfor %}
    {{ return(columns) }}
{% endmacro %}


{#-
    Sufficient statistics of every arm, from the sums of its users that have a row.

    Source: the rule of Chan, Golub and LeVeque for joining two groups, here the users with a row and
    those without.

    Arguments:
        sums (string): relation as of user_sums_ctes().
        arms (string): relation with a row per arm: the columns of group_by, variant, metric_type,
            users (integer, all of them, with and without a row), and any others.
        target (string): relation made: the columns of arms and the sufficient statistics; every arm
            has a row. Means are null without users.
        group_by (list of strings): columns that identify a group of arms, such as
            ['experiment_id', 'metric'].
        quantities (list of strings or none): those of metric_quantities() that the sums have; none:
            all.
    Returns: SQL of common table expressions, the last named as target.
-#}
{% macro sufficient_statistics_ctes(sums, arms, target, group_by, quantities=none) -%}
    {%- set quantities = quantities or segment_experiments.metric_quantities() -%}
    {%- set pairs = segment_experiments.quantity_pairs(quantities) -%}
    {%- set keys = group_by + ['variant'] -%}
{{ target }}_arms as {{ segment_experiments.materialized() }}(

    select
        {{ arms }}.*,
        coalesce({{ sums }}.total, 0.0) as total,
        coalesce({{ sums }}.active_users, 0.0) as active_users,
        cast({{ arms }}.users as {{ segment_experiments.type_double() }}) as all_users,
        {%- for quantity in quantities %}
        coalesce({{ sums }}.{{ quantity }}_active_mean, 0.0) as {{ quantity }}_active_mean,
        {%- endfor %}
        {%- for one, other in pairs %}
        coalesce({{ sums }}.products_{{ one }}_{{ other }}, 0.0)
            as products_{{ one }}_{{ other }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ arms }}
    left join {{ sums }}
        on {{ segment_experiments.same(arms, sums, keys) }}

),

{{ target }} as {{ segment_experiments.materialized() }}(

    select
        {{ target }}_arms.*,
        {%- for quantity in quantities %}
        case
            when users = 0 then null
            {%- if segment_experiments.is_denominator(quantity) %}
            when not {{ segment_experiments.is_ratio('metric_type') }} then 1.0
            {%- endif %}
            else {{ quantity }}_active_mean * (active_users / all_users)
        end as {{ quantity }}_mean,
        {%- endfor %}
        {%- for one, other in pairs %}
        case
            when users = 0 then 0.0
            {%- if segment_experiments.is_denominator(one) or segment_experiments.is_denominator(other) %}
            when not {{ segment_experiments.is_ratio('metric_type') }} then 0.0
            {%- endif %}
            else products_{{ one }}_{{ other }}
                + {{ one }}_active_mean * {{ other }}_active_mean
                * active_users * ((all_users - active_users) / all_users)
        end as comoment_{{ one }}_{{ other }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ target }}_arms

)
{%- endmacro %}


{#-
    The condition of a join on columns of the same names.

    Arguments: one, other (strings), relations; columns (list of strings), never null.
-#}
{% macro same(one, other, columns) -%}
    {%- for column in columns -%}
        {{ ' and ' if not loop.first }}{{ one }}.{{ column }} = {{ other }}.{{ column }}
    {%- endfor -%}
{%- endmacro %}


{#-
    A sum of squares that was found as a difference, or 0 where what remains of it is rounding: below
    1e-13 of what was subtracted. Users who all have the same value have the variance 0, not 1e-34,
    and no test is made of it.

    Arguments: expression, scale (SQL, floats), the difference and what it is a difference of.
    Returns: SQL, float, not negative; null when the expression is.
-#}
{% macro without_rounding(expression, scale) -%}
    case
            when {{ expression }} > 1e-13 * ({{ scale }}) then {{ expression }}
            when {{ expression }} is not null then 0.0
        end
{%- endmacro %}


{#-
    What was found as a difference, or 0 where what remains of it is rounding.

    Arguments: expression (SQL, float); rounding (SQL, float, not negative), up to which it is none.
    Returns: SQL, float; 0 when the expression is null.
-#}
{% macro unless_rounding(expression, rounding) -%}
    case
            when abs({{ expression }}) > {{ rounding }} then {{ expression }}
            else 0.0
        end
{%- endmacro %}
