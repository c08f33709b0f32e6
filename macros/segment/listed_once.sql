{#-
    A registry with one row per key, whatever its owner has listed twice: joins to it must not multiply
    users. Of different rows the first in the order of their columns counts, and the tests of the registry
    tell of it.

    Arguments: source (string): relation with the columns; target (string): relation made, with these
    columns and `listed`, the number of rows that had the key; keys, columns (lists of columns): the key,
    and all others that the choice may depend on.
    Returns: SQL of common table expressions, the last named as target.
-#}
{% macro listed_once_ctes(source, target, keys, columns) -%}
{{ target }}_numbered as (

    select
        {{ source }}.*,
        count(*) over (partition by {{ keys | join(', ') }}) as listed,
        row_number() over (
            partition by {{ keys | join(', ') }}
            order by
                {%- for column in columns %}
                {{ column }} nulls last{{ ',' if not loop.last }}
                {%- endfor %}
        ) as listing_number
    from {{ source }}

),

{{ target }} as (

    select
        {%- for column in keys + columns %}
        {{ column }},
        {%- endfor %}
        cast(listed as {{ dbt.type_bigint() }}) as listed
    from {{ target }}_numbered
    where listing_number = 1

)
{%- endmacro %}
