{#-
    A string literal.

    Arguments: text (string).
    Returns: SQL, string.
-#}
{% macro string_literal(text) -%}
    {{ return(adapter.dispatch('string_literal', 'segment_experiments')(text)) }}
{%- endmacro %}

{% macro default__string_literal(text) %}
    {{ segment_experiments.unsupported_adapter('string_literal') }}
{% endmacro %}


{#-
    Condition that a text is one of some.

    Arguments: column (SQL, string); texts (list of strings).
    Returns: SQL, boolean; `false` for an empty list.
-#}
{% macro is_one_of(column, texts) -%}
    {% set literals = [] %}
    {% for text in texts %}
        {% do literals.append(segment_experiments.string_literal(text)) %}
    {% endfor %}
    {{ return(column ~ ' in (' ~ literals | join(', ') ~ ')' if literals else 'false') }}
{%- endmacro %}


{#-
    The name of a column as the warehouse has it, whatever signs are in it.

    Arguments: name (string).
    Returns: SQL, a name in quotation marks.
-#}
{% macro quoted_name(name) -%}
    {{ return(adapter.dispatch('quoted_name', 'segment_experiments')(name)) }}
{%- endmacro %}

{#- As the SQL standard has it: a quotation mark in a name is written twice. -#}
{% macro default__quoted_name(name) %}
    {{ return(adapter.quote(name | replace('"', '""'))) }}
{% endmacro %}


{#-
    Regular expression of Python for a string literal, without groups and any flag but `(?s)`: where it
    ends depends on whether a backslash escapes.
-#}
{% macro string_literal_pattern() %}
    {{ return(adapter.dispatch('string_literal_pattern', 'segment_experiments')()) }}
{% endmacro %}

{% macro default__string_literal_pattern() %}
    {{ segment_experiments.unsupported_adapter('string_literal_pattern') }}
{% endmacro %}


{#-
    string_literal_pattern() of a warehouse whose texts stand between single quotes or $$.

    Arguments: backslash_escapes (boolean): whether a backslash escapes in every text, not only behind E.
-#}
{% macro quoted_text_pattern(backslash_escapes) %}
    {% set escaped = '\'(?:[^\'\\\\]|\\\\.|\'\')*\'' %}
    {{ return(
        (escaped if backslash_escapes else '[eE]' ~ escaped ~ '|\'(?:[^\']|\'\')*\'') ~ '|\\$\\$.*?\\$\\$'
    ) }}
{% endmacro %}


{#-
    Regular expression of Python for a name in quotation marks, without groups.
-#}
{% macro quoted_name_pattern() %}
    {{ return(adapter.dispatch('quoted_name_pattern', 'segment_experiments')()) }}
{% endmacro %}

{% macro default__quoted_name_pattern() %}
    {{ return('"[^"]+"') }}
{% endmacro %}


{#-
    Whether a text has a part that fits a regular expression.

    Arguments: text (SQL, string); pattern (string), in the syntax of RE2.
    Returns: SQL, boolean; null for a null.
-#}
{% macro matches_pattern(text, pattern) -%}
    {{ return(adapter.dispatch('matches_pattern', 'segment_experiments')(text, pattern)) }}
{%- endmacro %}

{% macro default__matches_pattern(text, pattern) %}
    {{ segment_experiments.unsupported_adapter('matches_pattern') }}
{% endmacro %}


{#-
    Name of the warehouse column that Segment makes of a name: `homepage-hero` -> `homepage_hero`.
    The way back is not unique: `test-a`, `test.a` and `test_a` have one column.

    Source: github.com/segmentio/go-snakecase: runs of [A-Z0-9]+[a-z0-9]* or [a-z0-9]+, joined by _, in
    lower case.

    Arguments: name (SQL, string).
    Returns: SQL, string; '' for a name without any Latin letter or digit.
-#}
{% macro column_slug(name) -%}
    {{ return(adapter.dispatch('column_slug', 'segment_experiments')(name)) }}
{%- endmacro %}

{% macro default__column_slug(name) %}
    {{ segment_experiments.unsupported_adapter('column_slug') }}
{% endmacro %}


{#-
    A text as a string of JSON, in its quotation marks, everything escaped that JSON wants escaped.

    Arguments: text (SQL, string).
    Returns: SQL, string; null for a null.
-#}
{% macro json_string(text) -%}
    {{ return(adapter.dispatch('json_string', 'segment_experiments')(text)) }}
{%- endmacro %}

{% macro default__json_string(text) %}
    {{ segment_experiments.unsupported_adapter('json_string') }}
{% endmacro %}


{#-
    A value that is no text as JSON text.

    Arguments: reference (SQL), a column; type (string), its type in lower case.
    Returns: SQL, string; null for a null.
-#}
{% macro as_json_text(reference, type) -%}
    {{ return(adapter.dispatch('as_json_text', 'segment_experiments')(reference, type)) }}
{%- endmacro %}

{% macro default__as_json_text(reference, type) %}
    {{ segment_experiments.unsupported_adapter('as_json_text') }}
{% endmacro %}


{#-
    Whether a text is a JSON object without objects or arrays in it.

    Arguments: text (SQL, string).
    Returns: SQL, boolean; null for a null.
-#}
{% macro is_flat_object(text) -%}
    {{ return(adapter.dispatch('is_flat_object', 'segment_experiments')(text)) }}
{%- endmacro %}

{% macro default__is_flat_object(text) %}
    {{ return(segment_experiments.matches_pattern(text, segment_experiments.json_patterns().object)) }}
{% endmacro %}


{#-
    Length of a text in bytes of UTF-8.

    Arguments: text (SQL, string).
    Returns: SQL, integer; null for a null.
-#}
{% macro byte_length(text) -%}
    {{ return(adapter.dispatch('byte_length', 'segment_experiments')(text)) }}
{%- endmacro %}

{% macro default__byte_length(text) %}
    {{ segment_experiments.unsupported_adapter('byte_length') }}
{% endmacro %}


{#-
    A text without the white space at its ends: blanks, tabs, line breaks, and what Unicode counts among them.

    Arguments: text (SQL, string).
    Returns: SQL, string; null for a null.
-#}
{% macro trimmed(text) -%}
    {{ return(adapter.dispatch('trimmed', 'segment_experiments')(text)) }}
{%- endmacro %}

{% macro default__trimmed(text) -%}
    {%- set white_space = ' \t\n\u000b\u000c\r\u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000' -%}
    trim({{ text }}, {{ segment_experiments.string_literal(white_space) }})
{%- endmacro %}


{#-
    Regular expression of a number in a text: 12, -1.50, .5, 1e2. No warehouse's cast decides, because each
    reads something else, too (1_000, 0x10, NaN, digits of other scripts); and what fits is within the
    range of a 64-bit float.

    Returns: string, in the syntax of RE2.
-#}
{% macro number_pattern() %}
    {{ return('^[-+]?([0-9]{1,100}([.][0-9]{0,100})?|[.][0-9]{1,100})([eE][-+]?[0-9]{1,2})?$') }}
{% endmacro %}


{#-
    Whether a text is a number; see number_pattern().

    Arguments: text (SQL, trimmed string).
    Returns: SQL, boolean; null for a null.
-#}
{% macro is_number_text(text) -%}
    {{ segment_experiments.matches_pattern(text, segment_experiments.number_pattern()) }}
{%- endmacro %}


{#-
    The number in a text, read alike on every warehouse.

    Arguments: text (SQL, trimmed string).
    Returns: SQL, 64-bit float; null for what is no number.
-#}
{% macro number_of_text(text) -%}
    case
        when {{ segment_experiments.is_number_text(text) }}
            then {{ segment_experiments.try_cast(text, segment_experiments.type_double()) }}
    end
{%- endmacro %}
