{#-
    The setting `exposure_events`, checked and completed from the preset of the sender.

    An entry that names the columns of a key alone means these alone: `experiment_id` without
    `experiment_name`, and `variant` without `variant_id`, are read as one list.

    Returns: list of {table (string), source (string or null), raw_tables (list, as of raw_tables_of()),
    experiment_id, experiment_name, variant, variant_id, assigned_at, anonymous_id (lists of candidate
    columns, in order of preference), is_name_shown (boolean, whether an experiment is known by its name or
    by its id), ignore (dict, as of ignored_values(): rows with one of the values are no assignments)}.
    Errors: a compilation error when an entry has neither a table nor a sender, an unknown key or
    sender, a table twice, or no variant although its sender has no usual column for it.
-#}
{% macro exposure_events() %}
    {% set candidates = segment_experiments.exposure_column_candidates() %}
    {% set presets = segment_experiments.exposure_event_presets() %}
    {% set keys = ['table', 'source', 'sender'] + candidates.keys() | list + ['ignore'] %}
    {% set events = [] %}
    {% set tables = [] %}
    {% for entry in segment_experiments.setting('exposure_events') %}
        {% if entry is not mapping or (entry.get('table') or entry.get('sender')) is not string %}
            {{ segment_experiments.raise_setting_error(
                'exposure_events', entry, 'a list of objects, each with a `table` or a `sender`'
            ) }}
        {% endif %}
        {% for key in entry if key not in keys %}
            {{ segment_experiments.raise_setting_error(
                'exposure_events', entry,
                'free of the key `' ~ key ~ '`: the keys are ' ~ keys | join(', ')
            ) }}
        {% endfor %}
        {% if 'sender' in entry and (entry['sender'] is not string or entry['sender'] not in presets) %}
            {{ segment_experiments.raise_setting_error(
                'exposure_events: sender', entry['sender'],
                'one of ' ~ presets.keys() | join(', ')
            ) }}
        {% endif %}
        {{ segment_experiments.check_source('exposure_events', entry.get('source')) }}
        {% set event = dict(candidates, source=none, ignore={}, is_name_shown='experiment_name' in entry) %}
        {% do event.update(presets.get(entry.get('sender'), {})) %}
        {% for key, other in [('experiment_id', 'experiment_name'), ('variant', 'variant_id')] if key in entry %}
            {% do event.update({other: []}) %}
        {% endfor %}
        {% do event.update(entry) %}
        {% for key in candidates %}
            {% do event.update({key: segment_experiments.as_list(event[key])}) %}
            {% for column in event[key] %}
                {{ segment_experiments.check_column('exposure_events: ' ~ key, column, false) }}
            {% endfor %}
        {% endfor %}
        {% if segment_experiments.experiment_columns(event) | length == 0 %}
            {{ segment_experiments.raise_setting_error(
                'exposure_events', entry, 'given the column of the `experiment_id`'
            ) }}
        {% endif %}
        {% if segment_experiments.variant_columns(event) | length == 0 %}
            {{ segment_experiments.raise_setting_error(
                'exposure_events', entry,
                'given the column of the `variant`, for which this sender has no usual one'
            ) }}
        {% endif %}
        {% do event.update({'ignore': segment_experiments.ignored_values(event.ignore)}) %}
        {% for table in (event.tables if entry.get('table') is none else [entry.table]) %}
            {{ segment_experiments.check_segment_table('exposure_events: table', table) }}
            {% set raw_tables = segment_experiments.raw_tables_of({'event': table, 'source': event.source}) %}
            {% for raw_table in raw_tables %}
                {% set name = segment_experiments.raw_table_name(raw_table) | lower %}
                {% if name in tables %}
                    {{ segment_experiments.raise_setting_error(
                        'exposure_events', entry,
                        'the only entry for the table `' ~ table
                        ~ '`, with the columns of all who send it'
                    ) }}
                {% endif %}
                {% do tables.append(name) %}
            {% endfor %}
            {% do events.append(dict(event, table=table, raw_tables=raw_tables)) %}
        {% endfor %}
    {% endfor %}
    {% if events | length == 0 %}
        {{ segment_experiments.raise_setting_error(
            'exposure_events', [], 'a list of at least one {table: ...} or {sender: ...}'
        ) }}
    {% endif %}
    {{ return(events) }}
{% endmacro %}


{#-
    The key `ignore` of an exposure event, checked.

    Arguments: ignore (any), as it was set.
    Returns: dict column -> list of texts in lower case, in which * stands for any characters, and of null.
    Errors: a compilation error of one sentence when it is no mapping from columns to values.
-#}
{% macro ignored_values(ignore) %}
    {% if ignore is not mapping %}
        {{ segment_experiments.raise_setting_error(
            'exposure_events: ignore', ignore, 'a mapping from a column to a value or a list of values'
        ) }}
    {% endif %}
    {% set values = {} %}
    {% for column in ignore %}
        {{ segment_experiments.check_column('exposure_events: ignore', column, false) }}
        {% set texts = [] %}
        {% for value in ([none] if ignore[column] is none else segment_experiments.as_list(ignore[column])) %}
            {% if value is not none and value is not string and not segment_experiments.is_plain_value(value) %}
                {{ segment_experiments.raise_setting_error(
                    'exposure_events: ignore: ' ~ column, value, 'a text, a number, true, false or null, or a list of them'
                ) }}
            {% endif %}
            {% do texts.append(none if value is none else value | string | lower) %}
        {% endfor %}
        {#- An empty list ignores nothing. -#}
        {% if texts %}
            {% do values.update({column: texts}) %}
        {% endif %}
    {% endfor %}
    {{ return(values) }}
{% endmacro %}


{#-
    Columns in which senders write the experiment, the variant and the assignment time, the
    preferred first, where neither the entry nor the preset of its sender says. An experiment and a variant
    are what has one id; experiments are shown by their ids, because people rename them while they run,
    variants by their names, because an id is often an index.

    Returns: dict of lists of column names.
-#}
{% macro exposure_column_candidates() %}
    {{ return({
        'experiment_id': ['experiment_id', 'experiment_key'],
        'experiment_name': ['experiment_name', 'experiment'],
        'variant': ['variant', 'variant_name', 'variation_name', 'variation'],
        'variant_id': ['variant_id', 'variation_id'],
        'assigned_at': [
            'assigned_at', 'assignment_timestamp', 'assignment_time', 'assignment_at'
        ],
        'anonymous_id': ['anonymous_id'],
    }) }}
{% endmacro %}


{#-
    The columns that say the experiment of a row, the one by which it is shown first.

    Arguments: event (dict, as of exposure_events(), or a preset).
    Returns: list of column names.
-#}
{% macro experiment_columns(event) %}
    {% set ids = event.get('experiment_id', []) %}
    {% set names = event.get('experiment_name', []) %}
    {{ return(names + ids if event.get('is_name_shown') else ids + names) }}
{% endmacro %}


{#-
    The same of the variant, its name first.

    Arguments: event (dict), as of experiment_columns().
    Returns: list of column names.
-#}
{% macro variant_columns(event) %}
    {{ return(event.get('variant', []) + event.get('variant_id', [])) }}
{% endmacro %}


{#-
    What each sender writes, where it differs from exposure_column_candidates(). Tools with opaque
    ids are shown by their names. A tool without an entry for a column uses the usual candidates. An id is
    left out where it is that of a rule or of a value rather than of the variant (ConfigCat).

    `ignore` has the answers that senders reserve for "nobody was assigned at random":
    - Amplitude: `off`, for whoever is not rolled out to (amplitude.com/docs/feature-experiment);
    - LaunchDarkly: an evaluation outside of an experiment has no reason.inExperiment, or false
      (launchdarkly.com/docs/sdk/concepts/evaluation-reasons);
    - Optimizely: people held back from the campaign;
    - PostHog: false, where the flag is not for the user, and `holdout-<id>` (posthog.com/docs/experiments/holdouts);
    - Split: `control`, while the SDK is not ready; no treatment can have this name (developer.harness.io,
      "Control treatment");
    - Statsig: rules that are no group (docs.statsig.com/experiments-plus/rules), and their ids in the SDKs.

    Returns: dict sender -> {tables, experiment_id, experiment_name, variant, variant_id, and any of
    is_name_shown, assigned_at, anonymous_id, ignore}.
-#}
{% macro exposure_event_presets() %}
    {% set named = {
        'tables': ['experiment_viewed'],
        'is_name_shown': true,
        'experiment_id': ['experiment_id'],
        'experiment_name': ['experiment_name'],
        'variant': ['variation_name'],
        'variant_id': ['variation_id'],
    } %}
    {% set presets = {
        'webyn': {
            'tables': ['experiment_viewed', 'ab_test_assigned'],
            'experiment_id': ['experiment_id'],
            'variant': ['variant', 'variant_name'],
            'variant_id': ['variant_id'],
        },
        'segment': named,
        'optimizely': dict(named, ignore={'is_in_campaign_holdback': [true]}),
        'vwo': named,
        'growthbook': {
            'tables': ['experiment_viewed'],
            'experiment_id': ['experiment_id'],
            'variant': ['variation_id'],
        },
        'absmartly': named,
        'kameleoon': named,
        'intelligems': {
            'tables': ['experiment_viewed'],
            'is_name_shown': true,
            'experiment_id': ['experiment_id'],
            'experiment_name': ['experiment'],
            'variant': ['variation'],
            'variant_id': ['variation_id'],
        },
        'leanplum': dict(named, variant=[], variant_id=[]),
        'amplitude': {
            'tables': ['exposure', 'experiment_exposure'],
            'experiment_id': ['flag_key', 'experiment_flag_key', 'experiment_key'],
            'variant': ['variant', 'experiment_variant'],
            'ignore': {'variant': ['off'], 'experiment_variant': ['off']},
        },
        'eppo': {
            'tables': ['eppo_randomized_assignment'],
            'experiment_id': ['experiment'],
            'variant': ['variation'],
            'assigned_at': ['assigned_at', '_timestamp'],
        },
        'posthog': {
            'tables': ['feature_flag_called'],
            'experiment_id': ['feature_flag'],
            'variant': ['feature_flag_response'],
            'ignore': {'feature_flag_response': [false, 'holdout-*']},
        },
        'statsig': {
            'tables': ['statsig_experiment_exposure'],
            'experiment_id': ['metadata_config'],
            'variant': ['metadata_rule_id'],
            'anonymous_id': ['context_stable_id', 'anonymous_id'],
            'ignore': {'metadata_rule_id': [
                'prestart', 'not started', 'holdout', 'layerassignment', 'layer assignment', 'targetinggate',
                'targeting gate', 'inlinetargetingrules', 'not allocated', 'abandoned', 'default', 'disabled',
                '* (launched)'
            ]},
        },
        'launchdarkly': {
            'tables': ['feature'],
            'experiment_id': ['key'],
            'variant': ['value'],
            'ignore': {
                'reason_kind': ['off', 'target_match', 'prerequisite_failed', 'error'],
                'reason_in_experiment': [false, none],
            },
        },
        'split': {
            'tables': ['get_treatment'],
            'experiment_id': ['split'],
            'variant': ['treatment'],
            'ignore': {'treatment': ['control']},
        },
        'mixpanel': {
            'tables': ['experiment_started'],
            'experiment_id': ['experiment_name'],
            'variant': ['variant_name'],
        },
        'configcat': {
            'tables': ['feature_flag_evaluated'],
            'experiment_id': ['feature_flag_key'],
            'variant': ['value', 'variation_id'],
            'anonymous_id': [],
        },
    } %}
    {#- A tool that is read by one list of columns has no other. -#}
    {% set complete = {} %}
    {% for sender, preset in presets.items() %}
        {% set columns = {'experiment_name': [], 'variant_id': []} %}
        {% do columns.update(preset) %}
        {% do complete.update({sender: columns}) %}
    {% endfor %}
    {{ return(complete) }}
{% endmacro %}


{#-
    The setting `assignment_dimensions`, checked.

    Returns: dict name of the dimension -> list of candidate columns of the exposure event.
    Errors: a compilation error for a name in other letters, and for that of a column which a model with
    dimensions has anyway; dbt knows these columns when it runs, not yet when it parses.
-#}
{% macro assignment_dimensions() %}
    {% set dimensions = {} %}
    {% for name, columns in segment_experiments.setting('assignment_dimensions').items() %}
        {% if not segment_experiments.is_all_of(name, '^[a-z][a-z0-9_]*$') %}
            {{ segment_experiments.raise_setting_error(
                'assignment_dimensions', name, 'named in lower case letters, digits and _'
            ) }}
        {% elif name in segment_experiments.reserved_words() %}
            {{ segment_experiments.raise_setting_error(
                'assignment_dimensions', name, 'another name, because this is a word of SQL'
            ) }}
        {% elif name not in segment_experiments.described_dimensions()
            and name in segment_experiments.columns_beside_dimensions() %}
            {{ segment_experiments.raise_setting_error(
                'assignment_dimensions', name,
                'a name of its own, because the models have a column of this name anyway'
            ) }}
        {% endif %}
        {% set candidates = segment_experiments.as_list(columns) %}
        {% if candidates | length == 0 %}
            {{ segment_experiments.raise_setting_error(
                'assignment_dimensions: ' ~ name, columns, 'a column, or a list of at least one column'
            ) }}
        {% endif %}
        {% for column in candidates %}
            {{ segment_experiments.check_column('assignment_dimensions: ' ~ name, column, false) }}
        {% endfor %}
        {% do dimensions.update({name: candidates}) %}
    {% endfor %}
    {{ return(dimensions) }}
{% endmacro %}


{#-
    Words that no column can be called by, without quotation marks, in BigQuery or in PostgreSQL and
    Redshift, of whose list the words of other databases are a part.

    Returns: list of strings in lower case.
-#}
{% macro reserved_words() %}
    {{ return((
        'all analyse analyze and any array as asc assert_rows_modified asymmetric at authorization between'
        ~ ' binary both by case cast check collate column constraint contains create cross cube current'
        ~ ' current_date current_role current_time current_timestamp current_user default define deferrable'
        ~ ' desc distinct do else end enum escape except exclude exists extract false fetch following for'
        ~ ' foreign freeze from full grant group grouping groups hash having if ignore ilike in initially inner'
        ~ ' intersect interval into is isnull join lateral leading left like limit localtime localtimestamp'
        ~ ' lookup merge natural new no not notnull null nulls of offset on only or order outer over overlaps'
        ~ ' partition placing preceding primary proto qualify range recursive references respect returning'
        ~ ' right rollup rows select session_user set similar some struct symmetric table tablesample then to'
        ~ ' trailing treat true unbounded union unique unnest user using variadic verbose when where window'
        ~ ' with within'
    ).split()) }}
{% endmacro %}


{#- The dimensions that the descriptions of the models know: the default ones. Returns: list of strings. -#}
{% macro described_dimensions() %}
    {{ return(['campaign_source', 'country', 'device_type']) }}
{% endmacro %}


{#-
    The columns that the models with dimensions are described to have: their own, and the dimensions of
    described_dimensions(), by which these models are known.

    Returns: list of strings; empty while dbt parses.
-#}
{% macro columns_beside_dimensions() %}
    {% set columns = [] %}
    {#- In a unit test the graph is empty. -#}
    {% for node in (graph.get('nodes', {}).values() if execute else [])
        if node.resource_type == 'model' and node.package_name == 'segment_experiments'
        and segment_experiments.described_dimensions() | reject('in', node.columns) | list == [] %}
        {% do columns.extend(node.columns) %}
    {% endfor %}
    {{ return(columns) }}
{% endmacro %}


{#- A list as it is, a single value as a list of one, null as an empty list. Argument: value (any). -#}
{% macro as_list(value) %}
    {% if value is none %}
        {{ return([]) }}
    {% elif value is string or value is mapping or value is not iterable %}
        {{ return([value]) }}
    {% endif %}
    {{ return(value | list) }}
{% endmacro %}
