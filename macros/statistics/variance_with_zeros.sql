{#-
    Sample variance (or covariance) over all users, from those who have a value and the number of the
    others, whose value is 0: (M2 + m1 m2 a (n - a) / n) / (n - 1).

    Source: T. F. Chan, G. H. Golub, R. J. LeVeque, Algorithms for Computing the Sample Variance, The
    American Statistician 37 (1983), the rule for joining two groups.

    Arguments (SQL): products, sum over the users with a value of the products of the deviations from
    their means (for a variance: of the squares); mean_1, mean_2, those means (for a variance: the
    same twice); active_users (a) and users (n), integers.
    Returns: SQL, float; null below two users.
-#}
{% macro variance_with_zeros(products, mean_1, mean_2, active_users, users) -%}
    case
        when {{ users }} > 1
            then (
                {{ products }} + {{ mean_1 }} * {{ mean_2 }} * {{ active_users }}
                * (({{ users }} - {{ active_users }}) / cast({{ users }} as {{ segment_experiments.type_double() }}))
            ) / ({{ users }} - 1)
    end
{%- endmacro %}
