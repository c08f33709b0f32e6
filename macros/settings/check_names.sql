{#-
    Names in the settings that match nothing in the warehouse. A table or a column of Segment may be early:
    it is made with the first event that needs it. So it is told, once per run, and counted in
    tracking_audit. Where nothing could ever come of a name, the run stops.
-#}

{#-
    Looks up every name of the settings, says in the log which match nothing, and keeps them for
    tracking_audit.

    Arguments: columns_of (dict, as of columns_of_raw_tables()).
    Errors: a compilation error of one sentence when the schema of Segment does not exist, or a `model` has
    no id of people or lacks a column that a setting names.
-#}
{% macro check_names(columns_of) %}
    {% if execute %}
        {% do segment_experiments.check_schema(columns_of) %}
        {% do segment_experiments.check_models(columns_of) %}
        {% set found = segment_experiments.names_of_nothing(columns_of) %}
        {% do segment_experiments.kept_answers().update({'names_of_nothing': found}) %}
        {% if found.missing %}
            {% do log(
                'segment_experiments: names in the settings that match nothing in the warehouse (yet): '
                ~ found.missing | join('; ') ~ '.',
                info=true
            ) %}
        {% endif %}
    {% endif %}
{% endmacro %}


{#-
    What check_names() found in this run; where int_arrivals is not part of it, what it would find with the
    columns that int_arrivals saw.

    Returns: dict as of names_of_nothing(), empty while dbt parses.
-#}
{% macro found_names_of_nothing() %}
    {% set arrivals = segment_experiments.existing_relation('int_arrivals') %}
    {% if execute and 'names_of_nothing' in segment_experiments.kept_answers() %}
        {{ return(segment_experiments.kept_answers().names_of_nothing) }}
    {% elif arrivals is none %}
        {{ return({'looked_up': 0, 'missing': []}) }}
    {% endif %}
    {% set columns_of = {} %}
    {% for raw_table, names in run_query(
        "select raw_table, name from " ~ arrivals ~ " where kind = 'columns'"
    ) %}
        {% set columns = {} %}
        {% for name in names.split(', ') %}
            {% set type = name.split(': ')[-1] %}
            {% set column = name[:name | length - type | length - 2] %}
            {% do columns.update({column | lower: api.Column(column, type)}) %}
        {% endfor %}
        {% do columns_of.update({raw_table: columns}) %}
    {% endfor %}
    {{ return(segment_experiments.names_of_nothing(columns_of)) }}
{% endmacro %}


{#-
    The columns of every raw table as the warehouse has them now.

    Returns: dict raw table (raw_table_name()) -> columns (as of raw_columns()).
-#}
{% macro columns_of_raw_tables() %}
    {% set columns_of = {} %}
    {% for raw_table in segment_experiments.raw_tables() %}
        {% do columns_of.update({
            segment_experiments.raw_table_name(raw_table): segment_experiments.raw_columns(raw_table)
        }) %}
    {% endfor %}
    {{ return(columns_of) }}
{% endmacro %}


{#-
    Checks that a schema of Segment exists.

    Arguments: columns_of (dict, as of columns_of_raw_tables()).
    Errors: a compilation error of one sentence when none exists.
-#}
{% macro check_schema(columns_of) %}
    {% set sources = segment_experiments.segment_sources() %}
    {% if not segment_experiments.is_demo() and segment_experiments.absent_sources(columns_of) == sources %}
        {% set is_short = segment_experiments.setting('segment_sources') | length == 0 %}
        {{ segment_experiments.raise_setting_error(
            'segment_schema' if is_short else 'segment_sources: ' ~ sources[0].name ~ ': schema',
            sources[0].schema,
            'the name of a schema that exists in ' ~ sources[0].database ~ ' and that this user may read'
        ) }}
    {% endif %}
{% endmacro %}


{#-
    The sources whose schema does not exist (yet). The warehouse is asked only for those without any table.

    Arguments: columns_of (dict, as of columns_of_raw_tables()).
    Returns: list of dicts, of segment_sources().
-#}
{% macro absent_sources(columns_of) %}
    {% set with_tables = [] %}
    {% for raw_table in segment_experiments.raw_tables()
        if raw_table.event and columns_of.get(segment_experiments.raw_table_name(raw_table)) %}
        {% do with_tables.append(raw_table.source) %}
    {% endfor %}
    {% set absent = [] %}
    {% for source in segment_experiments.segment_sources() if source.key not in with_tables
        and not adapter.check_schema_exists(source.database, source.schema) %}
        {% do absent.append(source) %}
    {% endfor %}
    {{ return(absent) }}
{% endmacro %}


{#-
    The columns that an entry of the settings can name: those of its table in all sources that it reads.

    Arguments: columns_of (dict, as of columns_of_raw_tables()); entry (dict), as of raw_tables_of().
    Returns: dict as of raw_columns(); empty when the table exists nowhere.
-#}
{% macro columns_read(columns_of, entry) %}
    {% set columns = {} %}
    {% for raw_table in segment_experiments.raw_tables_of(entry) %}
        {% do columns.update(columns_of.get(segment_experiments.raw_table_name(raw_table)) or {}) %}
    {% endfor %}
    {{ return(columns) }}
{% endmacro %}


{#-
    Checks the columns of the models that metrics, funnels and activity read: a model has all its columns
    from the start, so one that is missing is a mistake.

    Arguments: columns_of (dict, as of columns_of_raw_tables()); a model that is not built is passed over.
    Errors: a compilation error of one sentence for the first mistake found.
-#}
{% macro check_models(columns_of) %}
    {% for use in segment_experiments.uses_of_raw_tables() if use.model and columns_of[use.model] %}
        {% set columns = columns_of[use.model] %}
        {% if 'anonymous_id' not in columns and 'user_id' not in columns %}
            {{ segment_experiments.raise_setting_error(
                use.setting ~ ': model', use.model,
                'a model with a column anonymous_id or user_id; it has ' ~ columns.keys() | sort | join(', ')
            ) }}
        {% endif %}
        {% for key in ['value', 'timestamp'] if use[key] is not none and use[key] | lower not in columns %}
            {{ segment_experiments.raise_setting_error(
                use.setting ~ ': ' ~ key, use[key],
                'a column of the model ' ~ use.model ~ ', which has ' ~ columns.keys() | sort | join(', ')
            ) }}
        {% endfor %}
    {% endfor %}
{% endmacro %}


{#-
    Where the settings name raw tables, other than those of exposures.

    Returns: list of {setting (string, as it is told), event, source, model, value, timestamp, where}.
-#}
{% macro uses_of_raw_tables() %}
    {% set uses = [] %}
    {% for metric in segment_experiments.metrics() if metric.event or metric.model %}
        {% do uses.append(dict(metric, setting='metrics: ' ~ metric.name)) %}
    {% endfor %}
    {% for funnel in segment_experiments.funnels() %}
        {% for step in funnel.steps %}
            {% do uses.append(dict(step, setting='funnels: ' ~ funnel.name ~ ': steps', value=none)) %}
        {% endfor %}
    {% endfor %}
    {% for entry in segment_experiments.setting('activity') %}
        {% do uses.append(dict(
            {'event': none, 'model': none}, setting='activity', value=none, where=none, timestamp='timestamp',
            **({'event': entry} if entry is string else entry)
        )) %}
    {% endfor %}
    {% for measure in segment_experiments.activation_measures() %}
        {% do uses.append(dict(measure, setting='activation_event of the registry')) %}
    {% endfor %}
    {{ return(uses) }}
{% endmacro %}


{#-
    The names in the settings that match nothing in the warehouse. Names that the package has itself (tables
    of Segment, columns of senders, the default dimensions) are spelt right, and not told when they are
    early.

    Arguments: columns_of (dict, as of columns_of_raw_tables()).
    Returns: dict with looked_up (integer), the number of names, and missing (list of strings): the setting, the
    name, and the nearest name that exists.
-#}
{% macro names_of_nothing(columns_of) %}
    {% set own_tables = segment_experiments.tables_in_graph().segment %}
    {#- Each: setting; names, of which one has to exist; columns and their table, or is_there, of tables. -#}
    {% set wanted = [] %}
    {% set exposure_columns = [] %}
    {% for entry in segment_experiments.setting('exposure_events') %}
        {% set tables = segment_experiments.as_list(
            entry.get('table')
            or segment_experiments.exposure_event_presets()[entry.get('sender')].tables
        ) %}
        {% set columns = [] %}
        {% for table in tables %}
            {% do columns.extend(segment_experiments.columns_read(
                columns_of, {'event': table, 'source': entry.get('source')}
            ).keys()) %}
        {% endfor %}
        {% do wanted.append({
            'setting': 'exposure_events', 'names': tables, 'table': none, 'is_there': columns | length > 0
        }) %}
        {% do exposure_columns.extend(columns) %}
        {% for key in segment_experiments.exposure_column_candidates() if entry.get(key) and columns %}
            {% do wanted.append({
                'setting': 'exposure_events: ' ~ key, 'names': segment_experiments.as_list(entry[key]),
                'table': tables | join(' and '), 'columns': columns
            }) %}
        {% endfor %}
        {% for name in entry.get('ignore') or {} if columns %}
            {% do wanted.append({
                'setting': 'exposure_events: ignore', 'names': [name],
                'table': tables | join(' and '), 'columns': columns
            }) %}
        {% endfor %}
    {% endfor %}
    {% for name, columns in segment_experiments.assignment_dimensions().items() if exposure_columns
        and not (name in segment_experiments.described_dimensions() and columns | length > 1) %}
        {% do wanted.append({
            'setting': 'assignment_dimensions: ' ~ name, 'names': columns,
            'table': 'the exposure tables', 'columns': exposure_columns
        }) %}
    {% endfor %}
    {% for use in segment_experiments.uses_of_raw_tables() %}
        {% set table = use.event or use.model %}
        {% set columns = segment_experiments.columns_read(columns_of, use) %}
        {% if use.event %}
            {% do wanted.append({
                'setting': use.setting, 'names': [table], 'table': none, 'is_there': columns | length > 0
            }) %}
        {% endif %}
        {% for key in ['value', 'timestamp'] if use[key] is not none and columns %}
            {% do wanted.append({
                'setting': use.setting ~ ': ' ~ key, 'names': [use[key]],
                'table': table, 'columns': columns.keys() | list
            }) %}
        {% endfor %}
        {% set absent = segment_experiments.condition_on(use.where, columns).absent if use.where else [] %}
        {% for name in absent %}
            {% do wanted.append({
                'setting': use.setting ~ ': where', 'names': [name],
                'table': table, 'columns': columns.keys() | list
            }) %}
        {% endfor %}
    {% endfor %}

    {% set missing = [] %}
    {% set tables_there = [] %}
    {% for entry in wanted %}
        {% set existing = own_tables if entry.table is none else entry.columns %}
        {% if not entry.get('is_there')
            and entry.names | map('lower') | select('in', existing) | list | length == 0 %}
            {% if entry.table is none and not tables_there %}
                {% for source in segment_experiments.segment_sources() %}
                    {% do tables_there.extend(segment_experiments.tables_in_schema(source)) %}
                {% endfor %}
            {% endif %}
            {% set nearest = segment_experiments.nearest_name(
                entry.names[0], entry.columns if entry.table is not none else tables_there
            ) if entry.names else none %}
            {% do missing.append(
                entry.setting ~ ': '
                ~ (entry.table ~ (' have' if ' ' in entry.table else ' has') ~ ' no column ' if entry.table is not none else 'there is no table ')
                ~ entry.names | join(' or ')
                ~ (' (the nearest is ' ~ nearest ~ ')' if nearest else '')
            ) %}
        {% endif %}
    {% endfor %}
    {% set has_several = segment_experiments.segment_sources() | length > 1 %}
    {% for source in segment_experiments.absent_sources(columns_of) if has_several %}
        {% do missing.append('segment_sources: ' ~ source.name ~ ': there is no schema ' ~ source.schema) %}
    {% endfor %}
    {{ return({'looked_up': wanted | length, 'missing': missing | unique | list}) }}
{% endmacro %}


{#-
    The name of several that is spelt most like another.

    Arguments: name (string); names (list of strings).
    Returns: string, the first in alphabetical order of those that share most pairs of letters with it;
    null when none shares half of them.
-#}
{% macro nearest_name(name, names) %}
    {% set pairs = segment_experiments.pairs_of_letters(name) %}
    {% set best = namespace(name=none, likeness=0) %}
    {% for other in names | unique | sort %}
        {% set other_pairs = segment_experiments.pairs_of_letters(other) %}
        {% set shared = pairs | select('in', other_pairs) | list | length %}
        {% set likeness = 2 * shared / (pairs | length + other_pairs | length) %}
        {% if likeness >= 0.5 and likeness > best.likeness %}
            {% set best.name = other %}
            {% set best.likeness = likeness %}
        {% endif %}
    {% endfor %}
    {{ return(best.name) }}
{% endmacro %}


{#- The pairs of neighbouring letters of a name, its two ends being letters. Arguments: name (string). -#}
{% macro pairs_of_letters(name) %}
    {% set text = ' ' ~ name | string | lower ~ ' ' %}
    {% set pairs = [] %}
    {% for position in range(text | length - 1) %}
        {% do pairs.append(text[position:position + 2]) %}
    {% endfor %}
    {{ return(pairs | unique | list) }}
{% endmacro %}
