{#-
    Inverse of a symmetric matrix and the solution of linear equations with it, by Gauss and Jordan in
    place, one pivot after another on the diagonal. With the pivot d = a(p,p), other than 0,

        a(p,p) := 1 / d;   a(p,j) := a(p,j) / d;   a(i,p) := -a(i,p) / d;
        a(i,j) := a(i,j) - a(i,p) a(p,j) / d

    A pivot of at most the tolerance belongs to a column that is a combination of those before it (or is
    not there), and is passed over: the column is left out, the others are not touched by it.

    Every step reads the one before once, because BigQuery evaluates a common table expression as often
    as it is named; the row and the column of the pivot come to each cell by window functions.

    Source: J. H. Goodnight, A Tutorial on the SWEEP Operator, The American Statistician 33 (1979).

    Arguments:
        source (string): relation with group_number, row_number_i, column_number_j (integers) and
            amount (float): the cells of a matrix per group, with 1 on the diagonal (a(i,j) /
            sqrt(a(i,i) a(j,j))), every cell there. Right-hand sides are columns with numbers below 0.
        target (string): relation made: the same columns, of the inverse and, below 0, the solutions;
            and is_kept (integer, 1 or 0): whether the column that the row belongs to was not left
            out. Cells of a row or column that was left out mean nothing.
        steps (integer): the last column.
    Returns: SQL of common table expressions, the last named as target.
-#}
{% macro sweep_ctes(source, target, steps) -%}
{{ target }}_step_0 as {{ segment_experiments.materialized() }}(

    select
        group_number,
        row_number_i,
        column_number_j,
        amount,
        0 as is_kept
    from {{ source }}

),

{% for step in range(1, steps + 1) -%}
{{ target }}_row_{{ step }} as {{ segment_experiments.materialized() }}(

    select
        {{ target }}_step_{{ step - 1 }}.*,
        max(case when row_number_i = {{ step }} then amount end)
            over (partition by group_number, column_number_j) as pivot_row
    from {{ target }}_step_{{ step - 1 }}

),

{{ target }}_column_{{ step }} as {{ segment_experiments.materialized() }}(

    select
        {{ target }}_row_{{ step }}.*,
        max(case when column_number_j = {{ step }} then amount end)
            over (partition by group_number, row_number_i) as pivot_column,
        max(case when column_number_j = {{ step }} then pivot_row end)
            over (partition by group_number, row_number_i) as pivot_value
    from {{ target }}_row_{{ step }}

),

{{ target if step == steps else target ~ '_step_' ~ step }} as {{ segment_experiments.materialized() }}(

    select
        group_number,
        row_number_i,
        column_number_j,
        case
            when pivot_value is null or pivot_value <= {{ segment_experiments.sweep_tolerance() }} then amount
            when row_number_i = {{ step }} and column_number_j = {{ step }} then 1.0 / pivot_value
            when row_number_i = {{ step }} then amount / pivot_value
            when column_number_j = {{ step }} then -amount / pivot_value
            else amount - pivot_column * pivot_row / pivot_value
        end as amount,
        case
            when row_number_i = {{ step }} and pivot_value > {{ segment_experiments.sweep_tolerance() }} then 1
            else is_kept
        end as is_kept
    from {{ target }}_column_{{ step }}

){{ ',' if not loop.last }}

{% endfor -%}
{%- endmacro %}


{#-
    Share of a column's own sum of squares that those before it must leave unexplained.
-#}
{% macro sweep_tolerance() -%}
    1e-9
{%- endmacro %}


{#-
    How many columns the regressions have: as many as the data ask for, which is known when their table
    has been built.

    Returns: integer; 4 while there is no table, for who only compiles or parses.
-#}
{% macro regression_steps() %}
    {% set terms = segment_experiments.existing_relation('int_regression_terms') %}
    {% if terms is none %}
        {{ return(4) }}
    {% endif %}
    {% set steps = run_query(
        'select max(column_number) as steps from ' ~ terms
    ).columns[0].values()[0] %}
    {{ return([(steps or 1) | int, 1] | max) }}
{% endmacro %}
