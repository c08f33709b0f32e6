{#-
    The settings that fit what was found, as YAML: what nothing was found for is left out.

    Arguments: tables (dict, as of found_tables()); exposures (list, as of found_exposures()).
    Returns: list of lines.
-#}
{% macro suggested_settings(tables, exposures) %}
    {% set lines = ['vars:', '  segment_experiments:', '    demo_data: false'] %}
    {% set sources = segment_experiments.segment_sources() %}
    {% if sources | length == 1 %}
        {% do lines.extend([
            '    segment_database: ' ~ sources[0].database, '    segment_schema: ' ~ sources[0].schema
        ]) %}
    {% else %}
        {% do lines.append('    segment_sources:') %}
        {% for source in sources %}
            {% do lines.append(
                '      - {name: ' ~ source.name ~ ', schema: ' ~ source.schema ~ ', database: '
                ~ source.database ~ '}'
            ) %}
        {% endfor %}
    {% endif %}
    {% if exposures %}
        {% do lines.append('    exposure_events:') %}
    {% endif %}
    {% for exposure in exposures %}
        {% do lines.append('      - table: ' ~ exposure.table) %}
        {% if exposure.sender %}
            {% do lines.append('        sender: ' ~ exposure.sender) %}
        {% endif %}
        {% for entry in segment_experiments.setting('exposure_events') if entry.table == exposure.table %}
            {% for key, value in entry.items() if key not in ['table', 'sender'] %}
                {% do lines.append('        ' ~ key ~ ': ' ~ tojson(value)) %}
            {% endfor %}
        {% endfor %}
    {% endfor %}
    {% set dimensions = {} %}
    {% for name, columns in segment_experiments.assignment_dimensions().items() %}
        {% for exposure in exposures %}
            {% if columns | select('in', exposure.columns) | list %}
                {% do dimensions.update({name: columns}) %}
            {% endif %}
        {% endfor %}
    {% endfor %}
    {% if dimensions %}
        {% do lines.append('    assignment_dimensions:') %}
    {% endif %}
    {% for name, columns in dimensions.items() %}
        {% do lines.append('      ' ~ name ~ ': [' ~ columns | join(', ') ~ ']') %}
    {% endfor %}
    {% set events = segment_experiments.countable_events(tables, exposures) %}
    {% if events %}
        {% do lines.append('    metrics:') %}
    {% endif %}
    {#- Of the busiest tables; the others are listed above. -#}
    {% for found in (events.values() | sort(attribute='rows', reverse=true))[:3] %}
        {% set table = found.table %}
        {% do lines.extend([
            '      - name: ' ~ table ~ '_conversion', '        type: conversion',
            '        event: ' ~ table, '        window_days: 14'
        ]) %}
        {% for column in found.numbers if column in ['revenue', 'value', 'total', 'amount', 'price'] %}
            {% do lines.extend([
                '      - name: ' ~ table ~ '_' ~ column, '        type: sum', '        event: ' ~ table,
                '        value: ' ~ column, '        window_days: 14'
            ]) %}
        {% endfor %}
    {% endfor %}
    {% set activity = ['tracks', 'pages', 'screens'] | select('in', tables) | list %}
    {% if activity %}
        {% do lines.append('    activity: [' ~ activity | join(', ') ~ ']') %}
    {% endif %}
    {{ return(lines) }}
{% endmacro %}


{#-
    The rows of the registry for the experiments found, but for those that are registered.

    Arguments: exposures (list, as of found_exposures()).
    Returns: list of lines of CSV: the control is `control` or the first in alphabetical order, the
    start the day of the first event, and the shares are equal, as for an experiment that is not
    registered.
-#}
{% macro suggested_registry(exposures) %}
    {% set registered = segment_experiments.registered_experiments() %}
    {% set experiments = [] %}
    {% set variants = [] %}
    {% for exposure in exposures %}
        {% for experiment_id, experiment in exposure.experiments.items() if experiment_id not in registered %}
            {% set names = experiment.variants.keys()
                | reject('in', segment_experiments.rare_variants(experiment)) | sort %}
            {% set control = 'control' if 'control' in names else names[0] %}
            {% do experiments.append([
                segment_experiments.csv_cell(experiment_id), segment_experiments.csv_cell(control),
                (experiment.first_seen_at | string)[:10] ~ ' 00:00:00', '', '', '', ''
            ] | join(',')) %}
            {% for name in names %}
                {% do variants.append([
                    segment_experiments.csv_cell(experiment_id), segment_experiments.csv_cell(name),
                    (1 / names | length) | round(6)
                ] | join(',')) %}
            {% endfor %}
        {% endfor %}
        {% do registered.extend(exposure.experiments.keys()) %}
    {% endfor %}
    {% if experiments | length == 0 %}
        {% set found = exposures | map(attribute='experiments') | select | list %}
        {{ return(['', 'Every experiment found is in the registry.' if found
            else 'No experiment is found, so there are no rows for the registry.']) }}
    {% endif %}
    {{ return(
        ['', 'Rows for seeds/experiments.csv (correct the dates, and add metric, owner and hypothesis):', '']
        + experiments + ['', 'Rows for seeds/experiment_variants.csv (correct the shares):', ''] + variants
    ) }}
{% endmacro %}


{#- Ids of the experiments in the registry; none before it was loaded. Returns: list of strings. -#}
{% macro registered_experiments() %}
    {% set relation = load_relation(segment_experiments.registry_relation('experiments')) %}
    {% if relation is none %}
        {{ return([]) }}
    {% endif %}
    {{ return(run_query('select distinct experiment_id from ' ~ relation).columns[0].values() | list) }}
{% endmacro %}


{#- A text as a cell of CSV. Arguments: text (string). -#}
{% macro csv_cell(text) %}
    {% set quoted = '"' ~ text | replace('"', '""') ~ '"' %}
    {{ return(quoted if modules.re.search('[",\\n\\r]', text) else text) }}
{% endmacro %}
