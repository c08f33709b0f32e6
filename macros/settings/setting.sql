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
    {% set is_number = value is number and value is not boolean %}
    {% if rule.kind == 'choice' %}
        {% set ok = value in rule.choices %}
    {% elif rule.kind == 'number' %}
        {% set ok = is_number and value >= rule.minimum and value <= rule.maximum %}
    {% elif rule.kind == 'open number' %}
        {% set ok = is_number and value > rule.minimum and value < rule.maximum %}
    {% elif rule.kind == 'integer' %}
        {% set ok = is_number and value == value | int and value >= rule.minimum %}
    {% elif rule.kind == 'boolean' %}
        {% set ok = value is boolean %}
    {% elif rule.kind == 'list' %}
        {% set ok = value is sequence and value is not string and value is not mapping %}
    {% elif rule.kind == 'names' %}
        {% set names = segment_experiments.as_list(value) %}
        {% set ok = names | length > 0 and names | select('string') | list == names %}
    {% elif rule.kind == 'list or name' %}
        {% set names = segment_experiments.as_list(value) %}
        {% set ok = value is not none and names | select('string') | list == names %}
    {% elif rule.kind == 'mapping' %}
        {% set ok = value is mapping %}
    {% elif rule.kind == 'timestamp' %}
        {#- YAML makes a date or a time of what is not quoted. -#}
        {% set value = value | string %}
        {% set ok = segment_experiments.is_moment(value) %}
    {% elif rule.kind == 'pattern' %}
        {% set ok = value is string and segment_experiments.is_closed_pattern(value) %}
    {% else %}
        {% set ok = segment_experiments.meaning_of('the rule of ' ~ name, rule.kind, {
            'text': value is string and value | trim != ''
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
    Whether a text is a day, or a moment of a day, that the calendar has, such as 2026-10-31 23:59:59.

    Arguments: text (string).
    Returns: boolean.
-#}
{% macro is_moment(text) %}
    {% if not segment_experiments.is_all_of(
        text, '^\\d{4}-\\d{2}-\\d{2}([ T]\\d{2}:\\d{2}(:\\d{2}(\\.\\d{1,6})?)?)?$'
    ) %}
        {{ return(false) }}
    {% endif %}
    {% set year, month, day = text[:4] | int, text[5:7] | int, text[8:10] | int %}
    {% set is_leap_year = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) %}
    {% set days = [31, 29 if is_leap_year else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] %}
    {{ return(
        year >= 1 and month >= 1 and month <= 12 and day >= 1 and day <= days[month - 1]
        and (text[11:13] or '0') | int < 24 and (text[14:16] or '0') | int < 60
        and (text[17:19] or '0') | int < 60
    ) }}
{% endmacro %}


{#-
    Whether a text can be a regular expression: it closes its brackets, repeats something, and does not
    end in the middle of an escape. The rest only the warehouse can tell, because dbt has no way to try
    an expression without stopping at its error.

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
        and modules.re.search('(?:^|[(|])[*+]|^[?]|[*+?][*+]', signs) is none
    ) }}
{% endmacro %}


{#-
    Stops the compilation with one sentence: which setting, what is wrong, what is allowed.

    Arguments: name (string); value (any), as it was set; allowed (string), what would be right.
    Errors: always, a compilation error.
-#}
{% macro raise_setting_error(name, value, allowed) %}
    {#- Dates, which YAML makes of unquoted texts, cannot be JSON. -#}
    {% set is_plain = value is none or value is string or value is number or value is iterable %}
    {{ exceptions.raise_compiler_error(
        "segment_experiments: the setting `" ~ name ~ "` is "
        ~ (tojson(value, value | string) if is_plain else value | string)
        ~ ", but it must be " ~ allowed ~ "."
    ) }}
{% endmacro %}


{#-
    The rules of all settings with one value; lists of objects have their own checks beside
    (exposure_events.sql, metrics.sql).

    Returns: dict name -> {kind, allowed, and the limits of the kind}.
-#}
{% macro setting_rules() %}
    {{ return({
        'demo_data': {'kind': 'boolean', 'nullable': true, 'allowed': 'true, false or null'},
        'segment_database': {'kind': 'text', 'nullable': true, 'allowed': 'the name of a database (on BigQuery: a project) or null'},
        'segment_schema': {'kind': 'names', 'allowed': 'the name of the schema (on BigQuery: dataset) that Segment writes, or a list of such names'},
        'segment_sources': {'kind': 'list', 'allowed': 'a list of {name, schema, database}'},
        'redelivery_days': {'kind': 'integer', 'minimum': 1, 'nullable': true, 'allowed': 'a whole number of at least 1, or null for all time'},
        'settle_days': {'kind': 'integer', 'minimum': 0, 'nullable': true, 'allowed': 'a whole number of at least 0, or null for never'},
        'keep_expired_days': {'kind': 'boolean', 'allowed': 'true or false'},
        'arrival_column': {'kind': 'names', 'allowed': 'the name of a column, or a list of names'},
        'experiments_model': {'kind': 'text', 'nullable': true, 'allowed': 'the name of a model or null'},
        'experiment_variants_model': {'kind': 'text', 'nullable': true, 'allowed': 'the name of a model or null'},
        'suppressed_users_model': {'kind': 'text', 'nullable': true, 'allowed': 'the name of a model or null'},
        'exposure_events': {'kind': 'list', 'allowed': 'a list of {table, sender, experiment_id, experiment_name, variant, variant_id, assigned_at}'},
        'assignment_dimensions': {'kind': 'mapping', 'allowed': 'a mapping from the name of a dimension to a column, or a list of columns, of the exposure event'},
        'experiment_traits_prefix': {'kind': 'text', 'allowed': 'the prefix of the flattened trait columns, such as experiments_'},
        'assignments_from_traits': {'kind': 'boolean', 'allowed': 'true or false'},
        'multiple_variant_policy': {'kind': 'choice', 'choices': ['exclude', 'first', 'last'], 'allowed': 'one of exclude, first, last'},
        'identity_resolution': {'kind': 'choice', 'choices': ['first', 'last', 'none'], 'allowed': 'one of first, last, none'},
        'max_users_per_device': {'kind': 'integer', 'minimum': 1, 'allowed': 'a whole number of at least 1'},
        'blocked_ids': {'kind': 'list', 'allowed': 'a list of ids'},
        'as_of': {'kind': 'timestamp', 'nullable': true, 'allowed': 'a UTC timestamp such as 2026-10-31 23:59:59, or null'},
        'metrics': {'kind': 'list', 'allowed': 'a list of metrics'},
        'funnels': {'kind': 'list', 'allowed': 'a list of funnels'},
        'only_experiments': {'kind': 'list or name', 'allowed': 'a list of experiment ids; none stands for all'},
        'modules': {'kind': 'list or name', 'allowed': 'all, or a list of modules'},
        'attribution': {'kind': 'mapping', 'allowed': 'a mapping with lookback_days and half_life_days'},
        'activity': {'kind': 'list', 'allowed': 'a list of Segment tables or {model: name}'},
        'confidence_level': {'kind': 'number', 'minimum': 0.5, 'maximum': 0.9999, 'allowed': 'a number from 0.5 to 0.9999'},
        'sequential_tuning_users': {'kind': 'integer', 'minimum': 1, 'allowed': 'a whole number of at least 1'},
        'prior_mean': {'kind': 'number', 'minimum': -1000, 'maximum': 1000, 'allowed': 'a relative effect, a number from -1000 to 1000'},
        'prior_sd': {'kind': 'open number', 'minimum': 0, 'maximum': 1000, 'nullable': true, 'allowed': 'a number between 0 and 1000, or null for a flat prior'},
        'srm_alpha': {'kind': 'open number', 'minimum': 0, 'maximum': 1, 'allowed': 'a number between 0 and 1'},
        'power': {'kind': 'number', 'minimum': 0.5, 'maximum': 0.9999, 'allowed': 'a number from 0.5 to 0.9999'},
        'max_crossover_share': {'kind': 'number', 'minimum': 0, 'maximum': 1, 'allowed': 'a share from 0 to 1'},
        'max_regression_columns': {'kind': 'integer', 'minimum': 3, 'allowed': 'a whole number of at least 3'},
        'min_users_per_variant': {'kind': 'integer', 'minimum': 0, 'allowed': 'a whole number of at least 0'},
        'naming_convention': {'kind': 'pattern', 'allowed': 'a regular expression (RE2) for experiment ids, with all brackets closed and something before each of * + ?'},
        'stale_after_hours': {'kind': 'number', 'minimum': 1, 'maximum': 8760, 'allowed': 'a number of hours from 1 to 8760'},
        'registry_severity': {'kind': 'choice', 'choices': ['warn', 'error'], 'allowed': 'warn or error'},
        'tracking_thresholds': {'kind': 'mapping', 'allowed': 'a mapping from a check of tracking_audit to {warn, error}'},
        'exports': {'kind': 'list or name', 'allowed': 'all, or a list of tools'},
        'export_concluded': {'kind': 'boolean', 'allowed': 'true or false'},
        'export_max_attributes': {'kind': 'integer', 'minimum': 1, 'nullable': true, 'allowed': 'a whole number of at least 1, or null'},
        'duplicate_exposures_warn_share': {'kind': 'number', 'minimum': 0, 'maximum': 1, 'allowed': 'a share from 0 to 1'},
        'duplicate_exposures_error_share': {'kind': 'number', 'minimum': 0, 'maximum': 1, 'nullable': true, 'allowed': 'a share from 0 to 1, or null'},
    }) }}
{% endmacro %}
