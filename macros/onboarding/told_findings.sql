{#-
    What check_setup() says of the assignment events.

    Arguments: exposures (list, as of found_exposures()).
    Returns: list of lines.
-#}
{% macro told_exposures(exposures) %}
    {% set lines = ['Assignment events:'] %}
    {% set patterns = modules.re.compile(segment_experiments.setting('naming_convention')) %}
    {% for exposure in exposures %}
        {% set one = exposure.experiments | length == 1 %}
        {% do lines.append(
            segment_experiments.told_table(exposure.table, exposure) ~ '; '
            ~ exposure.experiments | length ~ (' experiment' if one else ' experiments')
            ~ ('; it fits the sender ' ~ exposure.sender if exposure.sender else '')
        ) %}
        {% do lines.append(
            '    the time of the assignment is in the column ' ~ exposure.assigned_at
            if exposure.assigned_at
            else '    no column has the time of the assignment, so that of the event counts: send assignedAt'
        ) %}
        {% for experiment_id, experiment in exposure.experiments.items() %}
            {% set counts = [] %}
            {% for variant, rows in experiment.variants.items() %}
                {% do counts.append(variant ~ ' (' ~ rows ~ ')') %}
            {% endfor %}
            {% do lines.append('    ' ~ experiment_id ~ ': ' ~ counts | join(', ')) %}
            {% if not patterns.search(experiment_id) %}
                {% do lines.append('      the id breaks the naming convention (setting naming_convention)') %}
            {% endif %}
            {% set rare = segment_experiments.rare_variants(experiment) %}
            {% if rare %}
                {% do lines.append(
                    '      below 1 % of the events, likely of tests, and left out below: ' ~ rare | join(', ')
                ) %}
            {% endif %}
            {% for variant in experiment.variants if modules.re.match('^[-+0-9.]+$', variant) %}
                {% if loop.first %}
                    {% do lines.append('      variants are numbers: send names that people can read') %}
                {% endif %}
            {% endfor %}
        {% endfor %}
    {% else %}
        {% do lines.append(
            '  none: no table has both a column of an experiment and one of a variant. If yours have '
            ~ 'names of their own, name them in exposure_events.'
        ) %}
    {% endfor %}
    {{ return(lines) }}
{% endmacro %}


{#-
    The beginning of a line about a table: its sources where there are several, its rows and their age.

    Arguments: name (string); table (dict, of found_tables()).
    Returns: string.
-#}
{% macro told_table(name, table) %}
    {% set sources = ' (' ~ table.parts | map(attribute='source') | join(', ') ~ ')' %}
    {{ return(
        '  ' ~ name ~ (sources if segment_experiments.segment_sources() | length > 1 else '') ~ ': '
        ~ table.rows ~ ' rows, the last arrived ' ~ segment_experiments.time_since(table.last_arrival)
    ) }}
{% endmacro %}


{#-
    Variants with less than 1 % of the events.

    Arguments: experiment (dict, of found_exposures()).
    Returns: list of strings.
-#}
{% macro rare_variants(experiment) %}
    {% set rare = [] %}
    {% set total = experiment.variants.values() | sum %}
    {% for variant, rows in experiment.variants.items() if rows < 0.01 * total %}
        {% do rare.append(variant) %}
    {% endfor %}
    {{ return(rare) }}
{% endmacro %}


{#-
    What check_setup() says of the people: logins, traits of experiments, aliases, activity.

    Arguments: tables (dict, as of found_tables()).
    Returns: list of lines.
-#}
{% macro told_people(tables) %}
    {% set lines = ['', 'People:'] %}
    {% set prefix = segment_experiments.setting('experiment_traits_prefix') | lower %}
    {% for table, meaning in {
        'identifies': 'anonymous visitors and the users they become are one person',
        'aliases': 'what was said under another id counts for the user',
        'tracks': 'any event means that a user was active',
        'pages': 'page views mean that a user was active',
        'screens': 'screens of apps mean that a user was active',
    }.items() %}
        {% if table in tables %}
            {% do lines.append(
                segment_experiments.told_table(table, tables[table]) ~ '; ' ~ meaning
            ) %}
        {% else %}
            {% do lines.append('  ' ~ table ~ ': not there (yet); it is left out') %}
        {% endif %}
    {% endfor %}
    {% set traits = segment_experiments.trait_columns(prefix, tables.identifies.columns)
        if 'identifies' in tables else [] %}
    {% do lines.append(
        '  ' ~ traits | length ~ ' columns of identifies hold traits of experiments (' ~ prefix ~ '...)'
    ) %}
    {{ return(lines) }}
{% endmacro %}


{#-
    What check_setup() says of the other events, which metrics can be made of.

    Arguments: tables (dict, as of found_tables()); exposures (list, as of found_exposures()).
    Returns: list of lines.
-#}
{% macro told_events(tables, exposures) %}
    {% set lines = ['', 'Events that metrics can count:'] %}
    {% for table, found in segment_experiments.countable_events(tables, exposures).items() %}
        {% do lines.append(
            segment_experiments.told_table(table, found)
            ~ ('; numbers to sum: ' ~ found.numbers | join(', ') if found.numbers else '')
        ) %}
    {% else %}
        {% do lines.append('  none; metrics can also read a model of yours (key `model`)') %}
    {% endfor %}
    {{ return(lines) }}
{% endmacro %}


{#-
    The tables of track events that are no assignments.

    Arguments: tables (dict), exposures (list), as of told_events().
    Returns: dict name -> what found_tables() knows, its name (table), and numbers (list of columns that are
    numbers).
-#}
{% macro countable_events(tables, exposures) %}
    {% set events = {} %}
    {#- An assignment event that has no variant yet is none to count, either. -#}
    {% set assignments = segment_experiments.exposure_events() | map(attribute='table') | list
        + exposures | map(attribute='table') | list %}
    {% for table, found in tables.items() %}
        {% set is_event = 'event' in found.columns and 'received_at' in found.columns %}
        {% if is_event and table != 'tracks' and table not in assignments %}
            {% set numbers = [] %}
            {% for name, column in found.columns.items() if name[:8] != 'context_' %}
                {% if segment_experiments.is_number_column(column) %}
                    {% do numbers.append(name) %}
                {% endif %}
            {% endfor %}
            {% do events.update({table: dict(found, table=table, numbers=numbers)}) %}
        {% endif %}
    {% endfor %}
    {{ return(events) }}
{% endmacro %}


{#-
    What check_setup() says of names in the settings that match nothing.

    Arguments: tables (dict, as of found_tables()).
    Returns: list of lines; empty where all names match.
-#}
{% macro told_names_of_nothing(tables) %}
    {% set columns_of = {} %}
    {% for raw_table in segment_experiments.raw_tables() %}
        {% set name = segment_experiments.raw_table_name(raw_table) %}
        {% set found = tables.get(name | lower) if not raw_table.model else none %}
        {% do columns_of.update({
            name: found.columns if found else segment_experiments.raw_columns(raw_table)
        }) %}
    {% endfor %}
    {% set missing = segment_experiments.names_of_nothing(columns_of).missing %}
    {% set lines = ['', 'Names in the settings that match nothing (yet):'] if missing else [] %}
    {% for text in missing %}
        {% do lines.append('  ' ~ text) %}
    {% endfor %}
    {{ return(lines) }}
{% endmacro %}
