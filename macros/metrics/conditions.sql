{#-
    Conditions on raw columns (key `where` of metrics and of steps of funnels). They are SQL of the user:
    nothing more is known of them than where their texts, their names and their words are.
-#}

{#-
    A condition cut into its parts.

    Arguments: text (string), SQL.
    Returns: list of strings that together are the text: string literals, quoted names, words, numbers,
    runs of blanks, `--`, `/*`, `::`, `->`, `->>`, `=>`, and every other character on its own.
-#}
{% macro condition_tokens(text) %}
    {{ return(modules.re.findall(
        '(?s)' ~ segment_experiments.string_literal_pattern()
        ~ '|"[^"]*"|`[^`]*`|[^\\W\\d][\\w$]*|\\d[\\w.]*|\\s+|--|/\\*|::|->>|->|=>|.',
        text
    )) }}
{% endmacro %}


{#-
    Checks that a condition is a text, which is all that the id of a measure asks of it.

    Arguments: name (string), of the setting, as it is told; where (any), as it was set; null is right.
    Errors: a compilation error of one sentence when it is no text, or blank.
-#}
{% macro check_condition_is_text(name, where) %}
    {% if where is not none and (where is not string or where | trim == '') %}
        {{ segment_experiments.raise_setting_error(
            name, where, 'a condition in SQL, such as "currency = \'EUR\'", or null'
        ) }}
    {% endif %}
{% endmacro %}


{#-
    Checks what is wrong with a condition in every warehouse and whatever the columns are.

    Arguments: name (string), of the setting, as it is told; where (string or null), a text as of
    check_condition_is_text().
    Errors: a compilation error of one sentence when it has a comment or a semicolon, or does not close what
    it opens.
-#}
{% macro check_condition(name, where) %}
    {% if where is not none %}
        {% set found = namespace(mistake=none, depth=0) %}
        {% for token in segment_experiments.condition_tokens(where)
            | select('in', ['(', ')', "'", '"', '`', '--', '/*', ';']) %}
            {% set found.depth = found.depth + {'(': 1, ')': -1}.get(token, 0) %}
            {% if found.mistake is none %}
                {% if token in ["'", '"', '`'] %}
                    {% set found.mistake = 'a condition in which every ' ~ token ~ ' is closed' %}
                {% elif token in ['--', '/*', ';'] %}
                    {% set found.mistake = 'a condition without ' ~ token %}
                {% elif found.depth < 0 %}
                    {% set found.mistake = 'a condition in which every ) has its (' %}
                {% endif %}
            {% endif %}
        {% endfor %}
        {% if found.mistake is none and found.depth > 0 %}
            {% set found.mistake = 'a condition in which every ( is closed' %}
        {% endif %}
        {% if found.mistake is not none %}
            {{ segment_experiments.raise_setting_error(name, where, found.mistake) }}
        {% endif %}
    {% endif %}
{% endmacro %}


{#-
    A condition in which the columns that a raw table does not have (yet) are null. The word `null`
    stands in their place, and not a null of some type, because it fits whatever the condition compares
    the column with.

    Arguments: where (string), checked by check_condition(); columns (dict, as of raw_columns()).
    Returns: dict with sql (string) and absent (list of the names in whose place there is null).
-#}
{% macro condition_on(where, columns) %}
    {% set tokens = segment_experiments.condition_tokens(where) %}
    {% set words = tokens | map('lower') | list %}
    {% set names = columns.keys() | list
        + columns.values() | map(attribute='name') | map('lower') | list %}
    {#- A subquery and a lambda make names of their own, which are no columns of the table. -#}
    {% if columns | length == 0 or 'select' in words or '->' in words or 'lambda' in words %}
        {{ return({'sql': where, 'absent': []}) }}
    {% endif %}
    {% set keywords = segment_experiments.sql_words() %}
    {% set parts = [] %}
    {% set absent = [] %}
    {% set before = namespace(token='') %}
    {% for token in tokens %}
        {% set after = (tokens[loop.index:loop.index + 2] | map('trim') | select | list + [''])[0] %}
        {% set is_word = modules.re.match('[^\\W\\d]', token) is not none and token[-1:] != "'" %}
        {% set quoted = modules.re.match(segment_experiments.quoted_name_pattern() ~ '$', token) %}
        {% set name = token[1:-1] if quoted is not none else token %}
        {% if (is_word and token | lower not in keywords and after[:1] not in ["'", '"'] or quoted is not none)
            and name | lower not in names
            and before.token | lower not in ['.', ':', '::', '@', 'as', 'collate']
            and after not in ['.', ':', '(', '=>'] %}
            {% do parts.append('null') %}
            {% if name not in absent %}
                {% do absent.append(name) %}
            {% endif %}
        {% else %}
            {% do parts.append(token) %}
        {% endif %}
        {% if token | trim != '' %}
            {% set before.token = token %}
        {% endif %}
    {% endfor %}
    {{ return({'sql': parts | join, 'absent': absent}) }}
{% endmacro %}


{#-
    Words that mean something else than a column in a condition, in one of the warehouses: none of them
    is taken for a column that is missing. What is called, is behind `as` or `::`, or before a text
    (`date '2026-01-01'`) is no column anyway, so functions and most types need no place here.

    Returns: list of strings in lower case.
-#}
{% macro sql_words() %}
    {{ return((
        ' and or xor not is in like ilike rlike regexp glob similar to escape between symmetric asymmetric'
        ~ ' isnull notnull null true false unknown distinct overlaps div mod operator normalized json'
        ~ ' document case when then else end cast try_cast safe_cast as any all some exists collate default'
        ~ ' select from where group by having order limit offset ordinal union intersect except qualify'
        ~ ' asc desc nulls first last respect ignore within filter over partition rows range groups'
        ~ ' preceding following unbounded current row join inner left right full outer cross natural on'
        ~ ' using lateral with without unnest values recursive window fetch for if format'
        ~ ' both leading trailing substring position overlay at zone local precision varying unsigned'
        ~ ' interval date time timetz timestamp timestamptz timestamp_ntz timestamp_ltz timestamp_tz datetime'
        ~ ' array struct map object variant row string bytes text varchar char character int int64 integer'
        ~ ' bigint smallint float float64 double real numeric decimal bignumeric number bool boolean'
        ~ ' current_date current_time current_timestamp current_datetime current_user current_role'
        ~ ' current_schema current_catalog localtime localtimestamp session_user system_user user sysdate'
        ~ ' getdate rowid ctid _partitiontime _partitiondate _table_suffix _file_name'
        ~ ' microsecond microseconds millisecond milliseconds second seconds minute minutes hour hours day'
        ~ ' days week weeks isoweek month months quarter quarters year years isoyear decade decades century'
        ~ ' centuries millennium millennia dayofweek dayofyear isodow dow doy epoch monday tuesday wednesday'
        ~ ' thursday friday saturday sunday raw_rows '
    ).split()) }}
{% endmacro %}
