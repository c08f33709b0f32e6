{#-
    p-values corrected for the number of comparisons of a family, by Holm and by Benjamini and
    Hochberg. With m p-values in ascending order, i = 1 .. m:

        Holm: the largest of (m - j + 1) p(j), j <= i, at most 1
        Benjamini-Hochberg: the smallest of m p(j) / j, j >= i, at most 1

    Source: S. Holm, Scand. J. Statistics 6 (1979); Y. Benjamini, Y. Hochberg, J. R. Stat. Soc. B 57
    (1995).

    Arguments:
        source, target (strings): names of the relation read (once) and of the one made.
        family (list of strings): columns of a family of comparisons, such as
            ['experiment_id', 'estimator'].
        p_value (string): column; null where nothing was tested, which does not count.
        keys (list of strings): columns that tell the comparisons of a family apart.
    Returns: SQL of common table expressions, the last named as target, with all columns of the
    source and p_value_holm, p_value_bh (and helpers).
-#}
{% macro multiplicity_ctes(source, target, family, p_value, keys) -%}
    {%- set tested = family + ['is_tested'] -%}
{{ target }}_tested as {{ segment_experiments.materialized() }}(

    select
        {{ source }}.*,
        {{ p_value }} is not null as is_tested
    from {{ source }}

),

{{ target }}_ranked as {{ segment_experiments.materialized() }}(

    select
        {{ target }}_tested.*,
        count(*) over (partition by {{ tested | join(', ') }}) as comparisons,
        row_number() over (
            partition by {{ tested | join(', ') }} order by {{ ([p_value] + keys) | join(', ') }}
        ) as p_value_rank
    from {{ target }}_tested

),

{{ target }} as {{ segment_experiments.materialized() }}(

    select
        {{ target }}_ranked.*,
        case
            when is_tested then least(1.0, max((comparisons - p_value_rank + 1) * {{ p_value }}) over (
                partition by {{ tested | join(', ') }} order by p_value_rank
            ))
        end as p_value_holm,
        case
            when is_tested then least(1.0, min({{ p_value }} / p_value_rank * comparisons) over (
                partition by {{ tested | join(', ') }} order by p_value_rank desc
            ))
        end as p_value_bh
    from {{ target }}_ranked

)
{%- endmacro %}
