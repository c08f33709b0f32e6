{#-
    The trait `experiments` as one object: a sender, or a tool that loads the data, keeps it as JSON text, or
    the warehouse as JSON or a record, instead of a column per experiment.

    Arguments: prefix (string), of the trait columns, in lower case; columns (dict, as of raw_columns()), of a
    table `identifies`.
    Returns: dict {name (string, of the column), text (SQL, string)}; none when there is no such column.
-#}
{% macro trait_object(prefix, columns) %}
    {% set name = modules.re.sub('_+$', '', prefix) %}
    {% if name not in columns %}
        {{ return(none) }}
    {% endif %}
    {% set column = columns[name] %}
    {% set reference = 'raw_rows.' ~ segment_experiments.quoted_name(column.name) %}
    {{ return({
        'name': name,
        'text': segment_experiments.column_as_text(columns, name)
            if column.is_string() else segment_experiments.as_json_text(reference, column.dtype | lower),
    }) }}
{% endmacro %}


{#-
    Regular expressions of JSON, strict, since what fits them is read as JSON without a look at errors: no
    surrogates or zeros in escapes, no numbers that are none for a warehouse.

    Returns: dict {string, scalar, entry (a name and a scalar), object (of such entries)}, without groups.
-#}
{% macro json_patterns() %}
    {% set hexadecimal = '[0-9a-fA-F]' %}
    {% set code = [
        '[1-9a-cA-CeEfF]' ~ hexadecimal * 3, '[dD][0-7]' ~ hexadecimal * 2,
        '0[1-9a-fA-F]' ~ hexadecimal * 2, '00[1-9a-fA-F]' ~ hexadecimal, '000[1-9a-fA-F]'
    ] | join('|') %}
    {% set backslash = '\\\\' %}
    {% set string = '"(?:[^"' ~ backslash ~ '[:cntrl:]]|' ~ backslash
        ~ '(?:["/bfnrt' ~ backslash ~ ']|u(?:' ~ code ~ ')))*"' %}
    {% set number = '-?(?:0|[1-9][0-9]{0,17})(?:[.][0-9]{1,18})?' %}
    {% set scalar = '(?:' ~ string ~ '|' ~ number ~ '|true|false|null)' %}
    {% set entry = string ~ '[[:space:]]*:[[:space:]]*' ~ scalar %}
    {{ return({
        'string': string,
        'scalar': scalar,
        'entry': entry,
        'object': '^[[:space:]]*[{][[:space:]]*(?:' ~ entry ~ '(?:[[:space:]]*,[[:space:]]*' ~ entry
            ~ ')*)?[[:space:]]*[}][[:space:]]*$',
    }) }}
{% endmacro %}
