{#-
    Value of a setting, checked.

    Arguments: name (string), a key of setting_rules().
    Returns: the value, of the type the rule names.
    Errors: a compilation error of one sentence when the value breaks its rule.
-#}
{% macro setting(name) %}
    {% set rules = segment_experiments.setting_rules() %}
    {% if name not in rules %}
        {{ exceptions.raise_compiler_error("segment_experiments has no setting `" ~ name ~ "`.") }}
    {% endif %}
    {% set rule = rules[name] %}
    {% set value = var(name) %}
    {% if value is none and rule.nullable %}
        {{ return(none) }}
    {% endif %}
    {% if rule.kind == 'choice' %}
        {% set ok = value in rule.choices %}
    {% elif rule.kind == 'number' %}
        {% set ok = segment_experiments.is_number_within(value, rule.minimum, rule.maximum) %}
    {% elif rule.kind == 'open number' %}
        {% set ok = segment_experiments.is_number_within(value, rule.minimum, rule.maximum)
            and value not in [rule.minimum, rule.maximum] %}
    {% elif rule.kind == 'integer' %}
        {% set ok = segment_experiments.is_number_within(value, rule.minimum, rule.maximum) and value == value | int %}
        {#- 5.0 is 5, in SQL and in the fingerprint, too. -#}
        {% set value = value | int if ok else value %}
    {% elif rule.kind == 'boolean' %}
        {% set ok = value is boolean %}
    {% elif rule.kind == 'list' %}
        {% set ok = value is sequence and value is not string and value is not mapping %}
    {% elif rule.kind in ['schemas', 'columns', 'list or name'] %}
        {% set names = segment_experiments.as_list(value) %}
        {% set found = namespace(ok=value is not none and (names | length > 0 or rule.kind == 'list or name')) %}
        {% for text in names %}
            {% set found.ok = found.ok and segment_experiments.is_text(text) and (
                rule.kind == 'list or name'
                or rule.kind == 'schemas' and segment_experiments.is_relation_name(text)
                or rule.kind == 'columns' and segment_experiments.is_column_name(text)
            ) %}
        {% endfor %}
        {% set ok = found.ok %}
    {% elif rule.kind == 'ids' %}
        {% set found = namespace(ok=value is sequence and value is not string and value is not mapping) %}
        {% for id in segment_experiments.as_list(value) %}
            {% set found.ok = found.ok and (id is string or segment_experiments.is_plain_value(id)) %}
        {% endfor %}
        {% set ok = found.ok %}
    {% elif rule.kind == 'mapping' %}
        {% set ok = value is mapping %}
    {% elif rule.kind == 'timestamp' %}
        {#- YAML makes a date or a time of what is not quoted. -#}
        {% set value = value | string %}
        {% set ok = segment_experiments.is_moment(value) %}
    {% elif rule.kind == 'pattern' %}
        {% set ok = segment_experiments.is_text(value) and segment_experiments.is_closed_pattern(value) %}
    {% elif rule.kind == 'database' %}
        {% set ok = segment_experiments.is_relation_name(value) %}
    {% elif rule.kind == 'suffix' %}
        {% set ok = value == '' or segment_experiments.is_relation_name(value) %}
    {% elif rule.kind == 'prefix' %}
        {% set ok = segment_experiments.is_all_of(value, '^[A-Za-z_][A-Za-z0-9_]*$') %}
    {% else %}
        {% set ok = segment_experiments.meaning_of('the rule of ' ~ name, rule.kind, {
            'text': segment_experiments.is_text(value)
        }) %}
    {% endif %}
    {% if not ok %}
        {{ segment_experiments.raise_setting_error(name, value, rule.allowed) }}
    {% endif %}
    {{ return(value) }}
{% endmacro %}


{#-
    Whether a whole text is of a pattern. In a regular expression `$` matches before a last line break, too.

    Arguments: text (any); pattern (string), which ends with $.
    Returns: boolean; false for what is no text.
-#}
{% macro is_all_of(text, pattern) %}
    {{ return(
        text is string and modules.re.match(pattern, text) is not none and not text.endswith('\n')
    ) }}
{% endmacro %}


{#-
    Whether a value is a number within limits. No number is within any (YAML writes it .nan); `<` and `>` alone
    would let it pass.

    Arguments: value (any); minimum, maximum (numbers), both included.
    Returns: boolean.
-#}
{% macro is_number_within(value, minimum, maximum) %}
    {{ return(value is number and value is not boolean and value >= minimum and value <= maximum) }}
{% endmacro %}


{#-
    Whether a value other than a text can be compared with what is in a column: true, false or a number.

    Arguments: value (any).
    Returns: boolean; false for null, of which YAML makes the unquoted texts null and ~, and for infinity.
-#}
{% macro is_plain_value(value) %}
    {{ return(value is boolean or segment_experiments.is_number_within(value, -1e300, 1e300)) }}
{% endmacro %}


{#-
    Whether a value is a text of one line that is not blank. Blanks at its ends, such as the line break that `|`
    leaves in YAML, would make it another name than the one that is meant.

    Arguments: value (any).
    Returns: boolean.
-#}
{% macro is_text(value) %}
    {{ return(segment_experiments.is_all_of(value, '^\\S([^\\r\\n]*\\S)?$')) }}
{% endmacro %}


{#-
    Whether a value can be the name of a schema or of a database. No quotation mark can be in it: dbt writes it
    into SQL, sometimes as a text and sometimes as a name.

    Arguments: value (any).
    Returns: boolean.
-#}
{% macro is_relation_name(value) %}
    {{ return(
        segment_experiments.is_text(value) and segment_experiments.is_all_of(value, '^[^\'"`\\\\]+$')
    ) }}
{% endmacro %}


{#-
    Whether a text is a day, or a moment of a day, that the calendar has, such as 2026-10-31 23:59:59, in the
    years of which times are read (column_as_timestamp()).

    Arguments: text (string).
    Returns: boolean.
-#}
{% macro is_moment(text) %}
    {% if not segment_experiments.is_all_of(
        text, '^[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\\.[0-9]{1,6})?)?)?$'
    ) %}
        {{ return(false) }}
    {% endif %}
    {% set year, month, day = text[:4] | int, text[5:7] | int, text[8:10] | int %}
    {% set is_leap_year = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) %}
    {% set days = [31, 29 if is_leap_year else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] %}
    {{ return(
        year >= 1900 and year < 9000 and month >= 1 and month <= 12 and day >= 1 and day <= days[month - 1]
        and (text[11:13] or '0') | int < 24 and (text[14:16] or '0') | int < 60
        and (text[17:19] or '0') | int < 60
    ) }}
{% endmacro %}


{#-
    Whether a text can be a regular expression: it closes its brackets, repeats something, does not
    end in the middle of an escape, and neither looks around nor refers back, which RE2 cannot. The rest only
    the warehouse can tell, because dbt has no way to try an expression without stopping at its error.

    Arguments: pattern (string).
    Returns: boolean.
-#}
{% macro is_closed_pattern(pattern) %}
    {#- What is escaped, and each [...], is one sign like any other. -#}
    {% set signs = modules.re.sub(
        '(?s)\\\\.|\\[\\^?\\]?(?:\\[:\\^?\\w+:\\]|\\\\.|[^\\]\\\\])*\\]', 'x', pattern
    ) %}
    {% set found = namespace(depth=0, ok=pattern | trim != '') %}
    {% for sign in signs %}
        {% set found.depth = found.depth + {'(': 1, ')': -1}.get(sign, 0) %}
        {% set found.ok = found.ok and found.depth >= 0 and sign not in ['[', '\\'] %}
    {% endfor %}
    {{ return(
        found.ok and found.depth == 0
        and modules.re.search('(?:^|[(|])[*+]|^[?]|[*+?][*+]|\\(\\?<?[=!]', signs) is none
        and modules.re.match('(?s)(?:[^\\\\]|\\\\[^1-9])*\\\\[1-9]', pattern) is none
    ) }}
{% endmacro %}


{#-
    Stops the compilation with one sentence: which setting, what is wrong, what is allowed.

    Arguments: name (string); value (any), as it was set; allowed (string), what would be right.
    Errors: always, a compilation error.
-#}
{% macro raise_setting_error(name, value, allowed) %}
    {% set told = segment_experiments.told_value(value) %}
    {% set is_date = told is string and value is not string %}
    {#- A name that was set can have a line break, which would cut the sentence. -#}
    {{ exceptions.raise_compiler_error(
        "segment_experiments: the setting `" ~ name.split() | join(' ') ~ "` is "
        ~ (told if is_date else tojson(told)) ~ ", but it must be " ~ allowed.split() | join(' ') ~ "."
    ) }}
{% endmacro %}


{#-
    A value as JSON can have it. Dates, which YAML makes of unquoted texts, cannot be JSON.

    Arguments: value (any).
    Returns: the value, in which all but mappings, lists, texts, numbers and null is text.
-#}
{% macro told_value(value) %}
    {% if value is none or value is string or value is number or value is boolean %}
        {{ return(value) }}
    {% elif value is mapping %}
        {% set told = {} %}
        {% for key in value %}
            {% do told.update({key | string: segment_experiments.told_value(value[key])}) %}
        {% endfor %}
        {{ return(told) }}
    {% elif value is iterable %}
        {% set told = [] %}
        {% for part in value %}
            {% do told.append(segment_experiments.told_value(part)) %}
        {% endfor %}
        {{ return(told) }}
    {% endif %}
    {{ return(value | string) }}
{% endmacro %}


{#-
    The rules of all settings with one value; lists of objects have their own checks beside
    (exposure_events.sql, metrics.sql).

    Returns: dict name -> {kind, allowed, and the limits of the kind}.
-#}
{% macro setting_rules() %}
    {{ return({
        'demo_data': {'kind': 'boolean', 'nullable': true, 'allowed': 'true, false or null'},
        'segment_database': {'kind': 'database', 'nullable': true, 'allowed': 'the name of a database (on BigQuery: a project) or null'},
        'segment_schema': {'kind': 'schemas', 'allowed': 'the name of the schema (on BigQuery: dataset) that Segment writes, or a list of such names'},
        'segment_sources': {'kind': 'list', 'allowed': 'a list of {name, schema, database}'},
        'marts_schema': {'kind': 'suffix', 'nullable': true, 'allowed': 'the name of a schema, an empty text for the target schema itself, or null'},
        'staging_schema': {'kind': 'suffix', 'nullable': true, 'allowed': 'the name of a schema, an empty text for the target schema itself, or null'},
        'marts_prefix': {'kind': 'prefix', 'nullable': true, 'allowed': 'letters, digits and underscores, or null'},
        'redelivery_days': {'kind': 'integer', 'minimum': 1, 'maximum': 3650, 'nullable': true, 'allowed': 'a whole number from 1 to 3650, or null for all time'},
        'settle_days': {'kind': 'integer', 'minimum': 0, 'maximum': 3650, 'nullable': true, 'allowed': 'a whole number from 0 to 3650, or null for never'},
        'keep_expired_days': {'kind': 'boolean', 'allowed': 'true or false'},
        'arrival_column': {'kind': 'columns', 'allowed': 'the name of a column, or a list of names'},
        'experiments_model': {'kind': 'text', 'nullable': true, 'allowed': 'the name of a model or null'},
        'experiment_variants_model': {'kind': 'text', 'nullable': true, 'allowed': 'the name of a model or null'},
        'suppressed_users_model': {'kind': 'text', 'nullable': true, 'allowed': 'the name of a model or null'},
        'exposure_events': {'kind': 'list', 'allowed': 'a list of {table, sender, experiment_id, experiment_name, variant, variant_id, assigned_at}'},
        'assignment_dimensions': {'kind': 'mapping', 'allowed': 'a mapping from the name of a dimension to a column, or a list of columns, of the exposure event'},
        'experiment_traits_prefix': {'kind': 'text', 'allowed': 'the prefix of the flattened trait columns, such as experiments_'},
        'assignments_from_traits': {'kind': 'boolean', 'allowed': 'true or false'},
        'multiple_variant_policy': {'kind': 'choice', 'choices': ['exclude', 'first', 'last'], 'allowed': 'one of exclude, first, last'},
        'identity_resolution': {'kind': 'choice', 'choices': ['first', 'last', 'none'], 'allowed': 'one of first, last, none'},
        'max_users_per_device': {'kind': 'integer', 'minimum': 1, 'maximum': 1000000000, 'allowed': 'a whole number from 1 to 1000000000'},
        'blocked_ids': {'kind': 'ids', 'allowed': 'a list of ids, each a text or a number; null needs quotation marks'},
        'as_of': {'kind': 'timestamp', 'nullable': true, 'allowed': 'a UTC timestamp of the years 1900 to 8999, such as 2026-10-31 23:59:59, or null'},
        'metrics': {'kind': 'list', 'allowed': 'a list of metrics'},
        'funnels': {'kind': 'list', 'allowed': 'a list of funnels'},
        'only_experiments': {'kind': 'list or name', 'allowed': 'a list of experiment ids; none stands for all'},
        'modules': {'kind': 'list or name', 'allowed': 'all, or a list of modules'},
        'attribution': {'kind': 'mapping', 'allowed': 'a mapping with lookback_days and half_life_days'},
        'activity': {'kind': 'list', 'allowed': 'a list of Segment tables or {model: name}'},
        'confidence_level': {'kind': 'number', 'minimum': 0.5, 'maximum': 0.9999, 'allowed': 'a number from 0.5 to 0.9999'},
        'sequential_tuning_users': {'kind': 'integer', 'minimum': 1, 'maximum': 1000000000, 'allowed': 'a whole number from 1 to 1000000000'},
        'prior_mean': {'kind': 'number', 'minimum': -1000, 'maximum': 1000, 'allowed': 'a relative effect, a number from -1000 to 1000'},
        'prior_sd': {'kind': 'number', 'minimum': 0.000001, 'maximum': 1000, 'nullable': true, 'allowed': 'a number from 0.000001 to 1000, or null for a flat prior'},
        'srm_alpha': {'kind': 'open number', 'minimum': 0, 'maximum': 1, 'allowed': 'a number between 0 and 1'},
        'power': {'kind': 'number', 'minimum': 0.5, 'maximum': 0.9999, 'allowed': 'a number from 0.5 to 0.9999'},
        'max_crossover_share': {'kind': 'number', 'minimum': 0, 'maximum': 1, 'allowed': 'a share from 0 to 1'},
        'max_regression_columns': {'kind': 'integer', 'minimum': 3, 'maximum': 1000000000, 'allowed': 'a whole number from 3 to 1000000000'},
        'min_users_per_variant': {'kind': 'integer', 'minimum': 0, 'maximum': 1000000000, 'allowed': 'a whole number from 0 to 1000000000'},
        'minimum_days': {'kind': 'number', 'minimum': 0, 'maximum': 3650, 'allowed': 'a number of days from 0 to 3650'},
        'naming_convention': {'kind': 'pattern', 'allowed': 'a regular expression (RE2) for experiment ids, of one line, with all brackets closed and something before each of * + ?, without (?=, (?!, (?<=, (?<! and \\1'},
        'stale_after_hours': {'kind': 'number', 'minimum': 1, 'maximum': 8760, 'allowed': 'a number of hours from 1 to 8760'},
        'registry_severity': {'kind': 'choice', 'choices': ['warn', 'error'], 'allowed': 'warn or error'},
        'tracking_thresholds': {'kind': 'mapping', 'allowed': 'a mapping from a check of tracking_audit to {warn, error}'},
        'exports': {'kind': 'list or name', 'allowed': 'all, or a list of tools'},
        'export_concluded': {'kind': 'boolean', 'allowed': 'true or false'},
        'export_max_attributes': {'kind': 'integer', 'minimum': 1, 'maximum': 1000000000, 'nullable': true, 'allowed': 'a whole number from 1 to 1000000000, or null'},
        'duplicate_exposures_warn_share': {'kind': 'number', 'minimum': 0, 'maximum': 1, 'allowed': 'a share from 0 to 1'},
        'duplicate_exposures_error_share': {'kind': 'number', 'minimum': 0, 'maximum': 1, 'nullable': true, 'allowed': 'a share from 0 to 1, or null'},
    }) }}
{% endmacro %}
