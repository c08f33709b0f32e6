{#-
    What the registry of experiments may say about decisions. Anything else counts as not given, and a test of
    the registry tells of it.
-#}

{#- The columns with a choice. Returns: dict column -> list of strings, the default first. -#}
{% macro registry_choices() %}
    {{ return({'decision_rule': ['clear_signals', 'do_no_harm'], 'role': ['experiment', 'holdout']}) }}
{% endmacro %}


{#- The columns with a number. Returns: dict column -> list of the least and the largest. -#}
{% macro registry_numbers() %}
    {{ return({'minimum_days': [0, 3650], 'target_effect': [0.000001, 1000]}) }}
{% endmacro %}


{#- What is allowed in the columns of plans and decisions. Returns: dict column -> string. -#}
{% macro registry_allowed() %}
    {% set allowed = {'planned_end': 'a date or a time', 'decided_at': 'a date or a time'} %}
    {% for name, choices in segment_experiments.registry_choices().items() %}
        {% do allowed.update({name: 'one of ' ~ choices | join(', ')}) %}
    {% endfor %}
    {% for name, limits in segment_experiments.registry_numbers().items() %}
        {% do allowed.update({name: 'a number from ' ~ limits[0] ~ ' to ' ~ limits[1]}) %}
    {% endfor %}
    {{ return(allowed) }}
{% endmacro %}


{#-
    A list of metrics as the registry has it, with a blank before, between and after its names. They may be
    separated by commas, semicolons and white space. A metric whose name has blanks stands there as its
    metric_token(); the longest go first, because one name may begin as another does.

    Arguments: text (SQL, string).
    Returns: SQL, string; null for a null.
-#}
{% macro metric_list(text) %}
    {% set names = [] %}
    {% for metric in segment_experiments.metrics() if ' ' in metric.name %}
        {% do names.append({'name': metric.name, 'length': metric.name | length}) %}
    {% endfor %}
    {% set text_so_far = namespace(sql=text) %}
    {% for sign in [',', ';', '\t', '\n', '\r'] %}
        {% set text_so_far.sql = 'replace(' ~ text_so_far.sql ~ ', ' ~ segment_experiments.string_literal(sign) ~ ", ' ')" %}
    {% endfor %}
    {#- A margin may have been written as in YAML. -#}
    {% for colon in [' :', ': '] %}
        {% set text_so_far.sql = 'replace(' ~ text_so_far.sql ~ ", '" ~ colon ~ "', ':')" %}
    {% endfor %}
    {% set text_so_far.sql = "' ' || " ~ text_so_far.sql ~ " || ' '" %}
    {% for metric in names | sort(attribute='length', reverse=true) %}
        {% set text_so_far.sql = 'replace(' ~ text_so_far.sql ~ ", ' " ~ metric.name ~ "', ' "
            ~ segment_experiments.metric_token(metric.name) ~ "')" %}
    {% endfor %}
    {{ return(text_so_far.sql) }}
{% endmacro %}


{#-
    A name of a metric without blanks, as it stands in a metric_list(). No name has a +.

    Arguments: name (string). Returns: string.
-#}
{% macro metric_token(name) %}
    {{ return(name | replace(' ', '+')) }}
{% endmacro %}


{#-
    Whether all names of a metric_list() are metrics of the setting.

    Arguments: list (SQL, string), as of metric_list(); has_margins (boolean), whether a name may have a margin
    behind a colon, whatever it is.
    Returns: SQL, boolean; null for a null.
-#}
{% macro is_list_of_metrics(list, has_margins) %}
    {% set names = [] %}
    {% for metric in segment_experiments.metrics() %}
        {% do names.append(segment_experiments.metric_token(metric.name) | replace('+', '[+]')) %}
    {% endfor %}
    {{ return(segment_experiments.matches_pattern(
        list,
        '^ *((' ~ (names or ['[+]']) | join('|') ~ ')' ~ ('(:[^ ]*)?' if has_margins else '') ~ ' +)*$'
    )) }}
{% endmacro %}
