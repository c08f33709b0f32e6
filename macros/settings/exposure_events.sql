{#-
    The setting `exposure_events`, checked and completed.

    Returns: list of {table (string), experiment_id, variant, assigned_at (lists of candidate
    columns, in order of preference)}.
    Errors: a compilation error when an entry has no table, an unknown key, or a table twice.
-#}
{% macro exposure_events() %}
    {% set candidates = segment_experiments.exposure_column_candidates() %}
    {% set events = [] %}
    {% set tables = [] %}
    {% for entry in segment_experiments.setting('exposure_events') %}
        {% if entry is not mapping or entry.get('table') is not string or entry['table'] in tables %}
            {{ segment_experiments.raise_setting_error(
                'exposure_events', entry, 'a list of objects, each with a `table` of its own'
            ) }}
        {% endif %}
        {% for key in entry if key not in ['table', 'sender'] and key not in candidates %}
            {{ segment_experiments.raise_setting_error(
                'exposure_events', entry,
                'free of the key `' ~ key ~ '`: the keys are table, '
                ~ candidates.keys() | join(', ')
            ) }}
        {% endfor %}
        {% set event = {'table': entry['table']} %}
        {% for key in candidates %}
            {% do event.update({
                key: segment_experiments.as_list(entry.get(key, candidates[key]))
            }) %}
        {% endfor %}
        {% do tables.append(entry['table']) %}
        {% do events.append(event) %}
    {% endfor %}
    {% if events | length == 0 %}
        {{ segment_experiments.raise_setting_error(
            'exposure_events', [], 'a list of at least one {table: ...}'
        ) }}
    {% endif %}
    {{ return(events) }}
{% endmacro %}


{#-
    Columns in which senders write the experiment, the variant and the assignment time, the
    preferred first. A readable variant goes before an index; the id of an experiment goes before
    its name, because people rename experiments while they run.

    Returns: dict of lists of column names.
-#}
{% macro exposure_column_candidates() %}
    {{ return({
        'experiment_id': ['experiment_id', 'experiment_name', 'experiment', 'experiment_key'],
        'variant': [
            'variant', 'variant_name', 'variation_name', 'variation', 'variant_id', 'variation_id'
        ],
        'assigned_at': [
            'assigned_at', 'assignment_timestamp', 'assignment_time', 'assignment_at'
        ],
    }) }}
{% endmacro %}


{#-
    The setting `assignment_dimensions`, checked.

    Returns: dict name of the dimension -> list of candidate columns of the exposure event.
-#}
{% macro assignment_dimensions() %}
    {% set dimensions = {} %}
    {% for name, columns in segment_experiments.setting('assignment_dimensions').items() %}
        {% if modules.re.match('^[a-z][a-z0-9_]*$', name) is none %}
            {{ segment_experiments.raise_setting_error(
                'assignment_dimensions', name, 'named in lower case letters, digits and _'
            ) }}
        {% endif %}
        {% do dimensions.update({name: segment_experiments.as_list(columns)}) %}
    {% endfor %}
    {{ return(dimensions) }}
{% endmacro %}


{#- A list as it is, a single value as a list of one, null as an empty list. -#}
{% macro as_list(value) %}
    {% if value is none %}
        {{ return([]) }}
    {% elif value is string or value is mapping %}
        {{ return([value]) }}
    {% endif %}
    {{ return(value | list) }}
{% endmacro %}
