{#-
    The analysed users of assignments once for each dimension of the setting `assignment_dimensions`,
    with their value of it; users without one have the value `(none)`.

    Arguments: source (string), relation with the columns of experiment_assignments and perhaps others; columns (list of
    strings), those wanted.
    Returns: SQL of a query with the columns, dimension and raw_value (strings, never null); without
    any dimension a query without rows.
-#}
{% macro dimension_rows(source, columns) -%}
    {%- set dimensions = segment_experiments.assignment_dimensions().keys() | list -%}
    {%- for dimension in dimensions or [none] %}
    select
        {%- for column in columns %}
        {{ column }},
        {%- endfor %}
        '{{ dimension or '' }}' as dimension,
        {{ segment_experiments.dimension_value(dimension) }} as raw_value
    from {{ source }}
    where exclusion_reason is null{{ '' if dimension else ' and 1 = 0' }}
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}
{%- endmacro %}


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
