{#-
    Chi-square test of the observed users against the expected shares, df = variants - 1.

    Arguments:
        source, target (strings): names of the relation read (once) and of the one made.
        group_by (list of strings): columns that identify a group of arms.
        The source has also, one row per group and variant: variant, users (integer),
        expected_share (float; sums to one in a group).
    Returns: SQL of common table expressions, the last named as target, one row per group: the
    columns of group_by, users, smallest_expected_users, chi_square, degrees_of_freedom, p_value
    (null without users, with one variant or more than 51; 0 for users where none were expected) and
    counts, the variants with observed and expected users as a text.
-#}
{% macro sample_ratio_ctes(source, target, group_by) -%}
{{ target }}_counted as {{ segment_experiments.materialized() }}(

    select
        {{ source }}.*,
        sum(users) over (partition by {{ group_by | join(', ') }}) as all_users,
        expected_share * sum(users) over (partition by {{ group_by | join(', ') }}) as expected_users
    from {{ source }}

),

{{ target }}_chi_squares as {{ segment_experiments.materialized() }}(

    select
        {%- for column in group_by %}
        {{ column }},
        {%- endfor %}
        max(all_users) as users,
        min(expected_users) as smallest_expected_users,
        count(*) - 1 as degrees_of_freedom,
        sum(
            case
                when expected_users > 0
                    then (users - expected_users) * (users - expected_users) / expected_users
            end
        ) as chi_square,
        max(case when expected_users <= 0 and users > 0 then 1 else 0 end) as has_impossible_users,
        {{ segment_experiments.string_list(
            "variant || ' ' || cast(users as " ~ segment_experiments.type_text() ~ ") || ' users (expected ' || cast("
            ~ 'cast(floor(expected_users + 0.5) as ' ~ dbt.type_bigint() ~ ') as ' ~ segment_experiments.type_text()
            ~ ") || ')'"
        ) }} as counts
    from {{ target }}_counted
    group by {{ group_by | join(', ') }}

),

{{ target }} as {{ segment_experiments.materialized() }}(

    select
        {%- for column in group_by %}
        {{ column }},
        {%- endfor %}
        users,
        smallest_expected_users,
        chi_square,
        degrees_of_freedom,
        case
            when users = 0 then null
            when has_impossible_users = 1 then 0.0
            else {{ segment_experiments.chi_square_survival('chi_square', 'degrees_of_freedom') }}
        end as p_value,
        counts
    from {{ target }}_chi_squares

)
{%- endmacro %}
